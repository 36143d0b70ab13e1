import { expect, it } from "vitest";
import { Tokens } from "../src/secrets/tokens";

it("gives random texts that say nothing of the value", () => {
  const tokens = new Tokens();
  const token = tokens.give("pin", "1357");
  expect(token).toMatch(/^t-[0-9a-f]{32}$/);
  expect(new Tokens().give("pin", "1357")).not.toBe(token);
  expect(tokens.peek(token)).toBe("1357");
});

it("forgets a value once it was used, was typed again, or all is over", () => {
  const tokens = new Tokens();
  const first = tokens.give("pin", "1357");
  const second = tokens.give("pin", "2468");
  const code = tokens.give("otp", "123456");
  expect(tokens.peek(first)).toBeUndefined();
  tokens.used(second);
  expect(tokens.peek(second)).toBeUndefined();
  expect(tokens.peek(code)).toBe("123456");
  tokens.clear();
  expect(tokens.peek(code)).toBeUndefined();
});

it.each<["pin" | "otp", string]>([
  ["pin", "123"], ["pin", "123456789"], ["pin", "12a4"], ["pin", ""], ["pin", "1234\n"], ["pin", "١٢٣٤"],
  ["otp", "123"], ["otp", "12345678901"], ["otp", "123 456"],
])("refuses the %s %j", (kind, value) => {
  expect(() => new Tokens().give(kind, value)).toThrow(RangeError);
});
