// The site's first page, asked for while the tab is still being made ready: the host asks for it some time later, and is then given what came of it.

import type { Send } from "./answers";

/** What was told of the page meanwhile. */
export interface Told {
  method: string;
  params: unknown;
}

/** So much may be told before the host asks, and so old, in ms, the page may be by then: else it's asked for anew. */
const limits = { told: 200, age: 30_000 };

const dialog = "Page.javascriptDialogOpening";

export class Ahead {
  /** Of Page.navigate. */
  readonly answer: Promise<unknown>;
  readonly #since = Date.now();
  #told: Told[] = [];
  #all = true;

  constructor(readonly url: string, send: Send) {
    this.answer = send("Page.navigate", { url });
    // It may be that nobody ever asks.
    this.answer.catch(() => {});
  }

  keep(method: string, params: unknown): void {
    this.#all &&= this.#told.length < limits.told;
    // A box of the page's own stops it until it's answered, whichever page is asked for.
    if (this.#all || method === dialog) this.#told.push({ method, params });
  }

  /** The debugger's session is another one: it tells everything anew. */
  forget(): void {
    this.#told = [];
  }

  /** Whether this is the page that the host asks for now, and what was told of it. */
  asked(url: unknown): { same: boolean; told: Told[] } {
    const same = url === this.url && this.#all && Date.now() - this.#since < limits.age;
    return { same, told: same ? this.#told : this.#told.filter(({ method }) => method === dialog) };
  }
}
