export function chromium(folder: string): Promise<{
  page(method: string, params?: object): Promise<unknown>;
  evaluate(expression: string): Promise<unknown>;
  show(url: string, width: number): Promise<void>;
  scheme(look: string): Promise<unknown>;
  close(): Promise<void>;
}>;
