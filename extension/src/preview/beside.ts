// What stands in scripts of their own beside the frame's. The frame's origin has no name, so it can fetch nothing and import nothing
// from the package; a script element is what its policy lets it have.

export interface Workers {
  parses: Worker;
  renders: Worker;
}

interface Beside {
  workers: { take(): Workers };
  assets: { asset(name: string): Uint8Array<ArrayBuffer> | undefined };
}

type Name = keyof Beside;

const place = globalThis as unknown as { previewBeside?: Partial<Beside> };
const asked = new Map<Name, Promise<void>>();

/** Says what a script brings. */
export function here<N extends Name>(name: N, what: Beside[N]): void {
  (place.previewBeside ??= {})[name] = what;
}

/** What the script brings, which is loaded where it isn't there. Throws where it can't be. */
export async function beside<N extends Name>(name: N): Promise<Beside[N]> {
  const found = () => place.previewBeside?.[name] as Beside[N] | undefined;
  if (!found()) {
    if (!asked.has(name)) asked.set(name, load(`preview-${name}.js`));
    await asked.get(name);
  }
  const what = found();
  if (!what) throw new Error(`${name}: not there`);
  return what;
}

function load(src: string): Promise<void> {
  return new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = src;
    script.onload = () => done();
    script.onerror = () => failed(new Error(`${src} can't be loaded`));
    document.head.append(script);
  });
}
