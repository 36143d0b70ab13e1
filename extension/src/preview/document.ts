// A PDF as pdf.js reads it, in workers that end with it.

import { AnnotationMode, GlobalWorkerOptions, PasswordException, PDFWorker, VerbosityLevel, getDocument, type PDFDocumentProxy } from "#pdfjs";
import { beside } from "./beside";

/** Longest side and number of a page's pixels, whatever its size and the zoom. Browsers draw nothing on canvases much larger. */
const limits = { side: 8192, pixels: 16_000_000, text: 20_000 };

/** Gives what stands in the package. */
class Bundle {
  async fetch({ filename }: { filename: string }): Promise<Uint8Array> {
    const { asset } = await beside("assets");
    const found = asset(filename);
    if (!found) throw new Error(`${filename} isn't in the package`);
    return found;
  }
}

/** strict: what can't be read makes a page fail. Otherwise it's left out. */
async function load(bytes: Uint8Array, strict: boolean): Promise<PDFDocumentProxy> {
  const { renders, parses } = (await beside("workers")).take();
  GlobalWorkerOptions.rendererPorts = [renders];
  const task = getDocument({
    data: bytes.slice(),
    worker: PDFWorker.create({ port: parses }),
    BinaryDataFactory: Bundle,
    useWorkerFetch: false,
    cMapUrl: "bundle/", standardFontDataUrl: "bundle/", wasmUrl: "bundle/",
    enableXfa: false,
    stopAtErrors: strict,
    verbosity: VerbosityLevel.ERRORS,
  } as Parameters<typeof getDocument>[0]);
  return task.promise;
}

export interface Drawn {
  canvas: HTMLCanvasElement;
  text: string;
  /** False where something was left out. */
  whole: boolean;
}

export class Pdf {
  #bytes: Uint8Array;
  #strict: PDFDocumentProxy;
  #lenient: Promise<PDFDocumentProxy> | undefined;

  private constructor(bytes: Uint8Array, strict: PDFDocumentProxy) {
    this.#bytes = bytes;
    this.#strict = strict;
  }

  static async open(bytes: Uint8Array): Promise<Pdf> {
    return new Pdf(bytes, await load(bytes, true));
  }

  get pages(): number {
    return this.#strict.numPages;
  }

  /** Draws page n (from 1) width CSS pixels wide, or as wide as the limits let it be. */
  async draw(n: number, width: number): Promise<Drawn> {
    try {
      return { ...(await draw(this.#strict, n, width)), whole: true };
    } catch {
      const lenient = await (this.#lenient ??= load(this.#bytes, false));
      return { ...(await draw(lenient, n, width)), whole: false };
    }
  }
}

async function draw(pdf: PDFDocumentProxy, n: number, width: number): Promise<Omit<Drawn, "whole">> {
  const page = await pdf.getPage(n);
  try {
    const size = page.getViewport({ scale: 1 });
    const scale = Math.min(width / size.width, limits.side / Math.max(size.width, size.height));
    const [w, h] = [size.width * scale, size.height * scale];
    const dense = Math.min(devicePixelRatio, limits.side / Math.max(w, h), Math.sqrt(limits.pixels / (w * h)));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.floor(w * dense));
    canvas.height = Math.max(1, Math.floor(h * dense));
    canvas.style.width = `${w}px`;
    canvas.style.height = `${h}px`;
    await page.render({ canvas, viewport: page.getViewport({ scale: scale * dense }), annotationMode: AnnotationMode.ENABLE }).promise;
    const { items } = await page.getTextContent();
    const text = items.map((i) => ("str" in i ? i.str + (i.hasEOL ? "\n" : "") : "")).join("");
    return { canvas, text: text.slice(0, limits.text) };
  } finally {
    page.cleanup();
  }
}

/** Says whether a PDF didn't open because it asks for a password. */
export function wantsPassword(err: unknown): boolean {
  return err instanceof PasswordException;
}
