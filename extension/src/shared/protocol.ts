// The conversation with the host, as docs/PROTOCOL.md has it. Every field may be missing: hosts differ in age.

/** The versions of the conversation that this extension speaks. */
export const PROTOCOL = 1;
export const MIN_PROTOCOL = 1;

/** The native host's name, as the installer registers it. */
export const HOST = "org.sign_with_cmd.host";

/** Bytes of a document in one upload_local message. */
export const CHUNK = 768 * 1024;

/** The largest document that is taken (limits.pdf). */
export const MAX_PDF = 64 << 20;

/** The most documents that are signed one after the other. */
export const MAX_QUEUE = 50;

/** Who holds the browser: this extension; the host, which starts one; or somebody else, whose browser the host joins. */
export type Mode = "relay" | "launch" | "attach";
export type Retry = "type" | "start" | "wait" | "nothing";

/** What went wrong, for a person: the host's own, or this extension's in the same form. */
export interface Problem {
  code: string;
  message: string;
  next?: string;
  retry: Retry;
  /** What the page itself said. */
  site?: string;
}

export interface DocInfo {
  name: string;
  size: number;
  sha256: string;
  pages?: number;
  signatures?: number;
  encrypted?: boolean;
  xfa?: boolean;
  doc_mdp?: number;
  damaged?: string;
}

/** Where a seal may be on its page, row by row. */
export const places = [
  "top-left", "top-center", "top-right", "middle-left", "middle-center", "middle-right", "bottom-left", "bottom-center", "bottom-right",
] as const;

/** A signature that shows in the document; without it, it doesn't. */
export interface Visible {
  page: "first" | "last" | number;
  orientation: "portrait" | "landscape";
  place: (typeof places)[number];
}

export interface FileInfo {
  path: string;
  name: string;
  size: number;
  sha256: string;
}

export interface Finding {
  check: string;
  result: "pass" | "fail" | "unknown";
  text: string;
  detail?: string;
}

export interface Result {
  verdict: "verified" | "look" | "failed";
  signature_exists: "yes" | "no" | "maybe";
  signer?: string;
  issuer?: string;
  time?: string;
  findings: Finding[];
  validator?: string;
}

/** A finding of doctor's. */
export interface Check {
  check: string;
  result: "ok" | "note" | "bad";
  text: string;
  /** The command that mends it. */
  mend?: string;
}

/** A document of an earlier run. */
export interface Leftover {
  id: string;
  name: string;
  sha256: string;
  answer: string;
  path?: string;
}

/** Who runs the computer that signs, where that isn't the person's own. */
export interface Operator {
  name: string;
  privacy: string;
}

/** The key that secrets may be sealed to. */
export interface SealOffer {
  hpke: string;
  key: { kty: string; crv: string; x: string; y: string; kid: string };
  required?: boolean;
}

export interface HostMessage {
  state?: string;
  status?: string;
  progress?: string;
  id?: string;
  error?: Problem;
  protocol?: number;
  min_protocol?: number;
  version?: string;
  capabilities?: string[];
  environment?: string;
  custom_environment?: boolean;
  mode?: string;
  modes?: string[];
  /** Host and port of the browser that attach joins. */
  browser_at?: string;
  /** Of a mode, the code of what is known already to stand in its way. */
  unready?: Record<string, string>;
  unfinished?: Leftover[];
  /** What ended a short while ago. */
  ended?: Leftover[];
  operator?: Operator;
  seal?: SealOffer;
  /** Of a prompt, for what is sealed. */
  nonce?: string;
  notes?: string[];
  document?: DocInfo;
  received?: number;
  part?: { offset: number; size: number; sha256: string; data: string };
  reference?: string;
  resend?: boolean;
  approval?: boolean;
  sandbox_otp?: string;
  screenshot?: string;
  auto?: boolean;
  step?: string;
  title?: string;
  host?: string;
  shown?: boolean;
  /** What the person has to choose themselves. */
  visible?: Visible;
  trace?: string;
  open?: string;
  result?: Result;
  file?: FileInfo;
  findings?: Check[];
}

export interface Chunk {
  name: string;
  size: number;
  sha256: string;
  offset: number;
  data: string;
  /** The next follows without waiting for an answer. */
  stream?: boolean;
}

export type ClientMessage =
  | { start: ""; mode?: Mode; auto_screenshot: 0 | 1; lang: "pt" | "en"; protocol: number; min_protocol: number; client: string; environment?: "sandbox"; jwt?: string }
  | { upload_local: Chunk }
  | { document: { pdf_file_path: string } }
  | { document_data: number }
  | { confirm: string; sign_again?: string; visible?: Visible }
  | { phone: string; pin?: string; pin_token?: string; confirm: string; sign_again?: string; visible?: Visible }
  | { sealed_to: string; phone_sealed: string; pin_sealed: string; confirm: string; sign_again?: string }
  | { otp?: string; otp_token?: string }
  | { sealed_to: string; otp_sealed: string }
  | { resend: "" }
  | { cancel: "" }
  | { screenshot: "" }
  | { download: { id: string; offset: number } }
  | { open: "file" | "folder"; id: string };
