// When a view is drawn: at once, but for steps. A step comes in the moment in which the browser has most to do, between one of the site's pages and
// the next: it's drawn once the site is waited for again, with those that came meanwhile.

/** From a step to its drawing, in ms. */
const later = 120;

export class Steps {
  #drawn = { all: "", still: "" };
  #next: () => void = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Draws what wasn't drawn yet. all is what there is to be seen, still the same without steps. What's put off is drawn after that, unless something else is. */
  show(all: string, still: string, draw: () => void): void {
    const now = () => {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      if (all === this.#drawn.all) return;
      this.#drawn = { all, still };
      draw();
    };
    if (all === this.#drawn.all || still !== this.#drawn.still) return now();
    this.#next = now;
    this.#timer ??= setTimeout(() => this.#next(), later);
  }
}
