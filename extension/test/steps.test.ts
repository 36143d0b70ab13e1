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

it("draws the last of those that come at once, soon, and none twice", () => {
  for (let i = 1; i <= 4; i++) show("working", i);
  expect(drawn).toEqual(["working 1"]);
  vi.advanceTimersByTime(150);
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
