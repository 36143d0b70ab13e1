export const cmdHosts: string[];
export function manifest(browser: "chromium" | "firefox", version: string): Record<string, unknown>;
export const previewPolicy: string;
