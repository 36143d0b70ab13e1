import { beforeEach, expect, it, vi } from "vitest";
import { Steps } from "../src/pages/popup/steps";

let steps: Steps;
let drawn: string[];
const show = (screen: string, step: number) => steps.show(`${screen} ${step}`, screen, () => void drawn.push(`${screen} ${step}`));

beforeEach(() => {
  vi.useFakeTimers();
  steps = new Steps();
  drawn = [];
});

it("draws each step of a site that takes its time", () => {
  for (let i = 1; i <= 3; i++) {
    show("working", i);
    vi.advanceTimersByTime(300);
  }
  expect(drawn).toEqual(["working 1", "working 2", "working 3"]);
});

it("leaves the processor to the site's next page: a step is drawn a little later", () => {
  show("working", 1);
  show("working", 2);
  vi.advanceTimersByTime(100);
  expect(drawn).toEqual(["working 1"]);
  vi.advanceTimersByTime(20);
  expect(drawn).toEqual(["working 1", "working 2"]);
});

it("draws steps that never stop coming", () => {
  for (let i = 1; i <= 20; i++) {
    show("working", i);
    vi.advanceTimersByTime(30);
  }
  expect(drawn).toContain("working 5");
});

it("draws the last of those that come at once, soon, and none twice", () => {
  for (let i = 1; i <= 4; i++) show("working", i);
  expect(drawn).toEqual(["working 1"]);
  vi.advanceTimersByTime(120);
  show("working", 4);
  vi.advanceTimersByTime(1000);
  expect(drawn).toEqual(["working 1", "working 4"]);
});

it("draws something else at once, and never goes back", () => {
  show("working", 1);
  show("working", 2);
  show("code", 2);
  vi.advanceTimersByTime(1000);
  expect(drawn).toEqual(["working 1", "code 2"]);
});

it("forgets a step that was taken back before it was drawn", () => {
  show("working", 1);
  show("working", 2);
  show("working", 1);
  vi.advanceTimersByTime(1000);
  expect(drawn).toEqual(["working 1"]);
});
