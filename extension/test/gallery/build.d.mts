export function gallery(): Promise<{
  folder: string;
  site: string;
  shots: { name: string; url: (lang: string) => string; width: number }[];
  preview(pdf: Uint8Array): Promise<void>;
  close(): Promise<void>;
}>;
