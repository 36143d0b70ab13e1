import { beforeEach, expect, it, vi } from "vitest";
import { forgetPause, pauseBefore } from "../src/pages/popup/pause";

/** As much of a button as is pressed. */
class Button extends EventTarget {
  pressed = 0;
  #attributes = new Map<string, string>();
  getAttribute = (name: string) => this.#attributes.get(name) ?? null;
  setAttribute = (name: string, value: string) => void this.#attributes.set(name, value);
  removeAttribute = (name: string) => void this.#attributes.delete(name);
  /** nth: of clicks that come one upon the other, as the browser counts them; a key's is none. */
  click(nth = 0): void {
    this.dispatchEvent(new CustomEvent("click", { detail: nth }));
  }
}

const drawn = (what: string, follows = true) => {
  const button = new Button();
  pauseBefore(what, follows, [button as unknown as HTMLButtonElement]);
  // Here listeners are called as they came; a browser calls those of the capture first.
  button.addEventListener("click", () => void button.pressed++);
  return button;
};
/** Presses it, and says whether that did anything. */
const takes = (button: Button, nth?: number) => {
  const before = button.pressed;
  button.click(nth);
  return button.pressed > before;
};

beforeEach(() => {
  vi.useFakeTimers();
  forgetPause();
});

it("takes no press at what follows another, for as long as a second click may come", () => {
  const button = drawn("b");
  for (const _ of Array(13)) {
    expect(takes(button)).toBe(false);
    expect(button.getAttribute("aria-disabled")).toBe("true");
    vi.advanceTimersByTime(50);
  }
  vi.advanceTimersByTime(50);
  expect(takes(button)).toBe(true);
  expect(button.getAttribute("aria-disabled")).toBeNull();
});

it("takes one at once where nothing was before", () => {
  const button = drawn("a", false);
  expect(button.getAttribute("aria-disabled")).toBeNull();
  expect(takes(button)).toBe(true);
});

it("never takes the second of two clicks, however slow", () => {
  expect(takes(drawn("a", false), 2)).toBe(false);
  expect(takes(drawn("a", false), 1)).toBe(true);
});

it("doesn't begin again where the same is drawn anew", () => {
  drawn("b");
  vi.advanceTimersByTime(400);
  const again = drawn("b");
  expect(takes(again)).toBe(false);
  vi.advanceTimersByTime(300);
  expect(takes(again)).toBe(true);
  expect(takes(drawn("b"))).toBe(true);
});

it("begins again where something else was drawn in between", () => {
  drawn("b");
  vi.advanceTimersByTime(1000);
  expect(takes(drawn("c"))).toBe(false);
  vi.advanceTimersByTime(1000);
  forgetPause();
  expect(takes(drawn("c"))).toBe(false);
});
