export function gallery(): Promise<{ folder: string; shots: { name: string; url: (lang: string) => string; width: number }[] }>;
