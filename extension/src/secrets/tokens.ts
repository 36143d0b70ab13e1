// PIN and code stay here; the host gets a random text in their place (docs/RELAY.md).

export type SecretKind = "pin" | "otp";

const forms: Record<SecretKind, RegExp> = { pin: /^[0-9]{4,8}$/, otp: /^[0-9]{4,10}$/ };

/** Says whether a value has the form of its kind: 4 to 8 digits, 4 to 10 digits. */
export function wellFormed(kind: SecretKind, value: string): boolean {
  return forms[kind].test(value);
}

/** The secrets of one port. In memory only; never stored, never logged. */
export class Tokens {
  #kept = new Map<string, { kind: SecretKind; value: string }>();

  /** Keeps a value and gives its token. One value a kind: a PIN typed again replaces the first. Throws RangeError on its form. */
  give(kind: SecretKind, value: string): string {
    if (!wellFormed(kind, value)) throw new RangeError(kind);
    for (const [token, kept] of this.#kept) if (kept.kind === kind) this.#kept.delete(token);
    const random = crypto.getRandomValues(new Uint8Array(16));
    const token = "t-" + [...random].map((b) => b.toString(16).padStart(2, "0")).join("");
    this.#kept.set(token, { kind, value });
    return token;
  }

  /** The value of a token, or undefined. It stays until used is called. */
  peek(token: unknown): string | undefined {
    return typeof token === "string" ? this.#kept.get(token)?.value : undefined;
  }

  /** The token was used: its value is forgotten. */
  used(token: string): void {
    this.#kept.delete(token);
  }

  clear(): void {
    this.#kept.clear();
  }
}
