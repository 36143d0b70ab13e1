/** Why the relay did not do something: a stable code, a sentence for the log, and CDP's own number where it was CDP's error. */
export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    message: string,
    readonly cdpCode?: number,
  ) {
    super(message);
  }
}

export type RefusalCode =
  | "ORIGIN_REFUSED"
  | "COMMAND_REFUSED"
  | "BUSY"
  | "NOT_OPEN"
  | "NO_TOKEN"
  | "NO_DOCUMENT"
  | "NO_ELEMENT"
  | "FIELD_REFUSED"
  | "DOCUMENT_GONE"
  | "DETACHED"
  | "ATTACH_FAILED"
  | "RESULT_TOO_LARGE"
  | "CDP_ERROR"
  | "INTERNAL";
