// When a view is drawn: at once, but for steps that follow each other faster than anybody reads. Each drawing takes the processor from the
// site's next page.

/** Between two drawings that differ in steps only, in ms. */
const least = 150;

export class Steps {
  #drawn = { all: "", still: "", at: -Infinity };
  #later: ReturnType<typeof setTimeout> | undefined;

  /** Draws what wasn't drawn yet. all is what there is to be seen, still the same without steps. What's put off is drawn after that, unless something else is. */
  show(all: string, still: string, draw: () => void): void {
    clearTimeout(this.#later);
    if (all === this.#drawn.all) return;
    const now = () => {
      this.#drawn = { all, still, at: performance.now() };
      draw();
    };
    const early = this.#drawn.at + least - performance.now();
    if (still === this.#drawn.still && early > 0) this.#later = setTimeout(now, early);
    else now();
  }
}
