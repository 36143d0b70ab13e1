// What every page of the extension shows: one value, made by the worker. It never holds a PIN or a code that was typed.

import type { DocInfo, FileInfo, Leftover, Mode, Operator, Problem, Result, Visible } from "./protocol";

export type Screen =
  | "choose" // nothing is under way
  | "fetching" // the document is being fetched and checked
  | "document" // the document is shown and waits to be confirmed
  | "credentials" // phone and PIN are asked for
  | "working" // the pages are walked
  | "code" // the code is asked for
  | "sending" // the code was sent
  | "assist" // the person goes on by hand
  | "done"
  | "unverified"
  | "failed"
  | "cancelled"
  | "interrupted" // the browser ended the worker, or the host died
  | "finished" // of several documents none is left
  | "nohost"; // the host can't be reached or doesn't fit

/** What became of one of several documents. */
export type RowState =
  | "waiting" // to be looked at
  | "confirmed" // to be signed
  | "skipped" // the person left it out
  | "signing"
  | "signed" // verified and saved
  | "look" // a file is there that isn't verified, or that nobody has checked
  | "maybe" // a signature may exist
  | "failed" // nothing was signed
  | "cancelled" // nothing was signed
  | "unsigned"; // its turn didn't come

export interface Row {
  name: string;
  state: RowState;
  /** SHA-256 of what was confirmed. */
  sha256?: string;
  /** Where its file is. */
  path?: string;
  /** Why it wasn't signed, for the person. */
  why?: string;
}

/** Several documents, one after the other. */
export interface QueueView {
  rows: Row[];
  /** The row that is shown or signed. */
  at: number;
  /** review: each is looked at and confirmed; sign: each is signed; over: what became of them. */
  phase: "review" | "sign" | "over";
  /** The one under way is the last. */
  stopping?: boolean;
  /** One wasn't signed, and the person may go on with the next. */
  goOn?: boolean;
}

/** Where the document came from. */
export interface Source {
  name: string;
  /** The site's host name, "" for a file of this computer. */
  site: string;
}

export interface View {
  screen: Screen;
  /** What went wrong on this screen. */
  problem?: Problem;

  host?: { version: string; environment: string; custom: boolean; modes: Mode[]; browserAt?: string; noBrowser?: boolean; visible?: boolean; operator?: Operator };
  /** How the browser of this signing is held; in launch the PIN passes the host. */
  mode: Mode;
  /** A try in the sandbox inside the host: nothing of it has legal value. */
  trial?: boolean;
  /** The person chose relay (or nothing) and the host can't: asked before the PIN. */
  modeChanged?: boolean;
  notes?: string[];
  unfinished?: Leftover[];

  source?: Source;
  /** What PDF_TAB_UNKNOWN is about, for asking for it again if the person says so. */
  tab?: { tabId: number; url: string; pageUrl: string };
  document?: DocInfo;
  /** LOOK_FIRST was said: the next confirmation signs again. */
  lookFirst?: boolean;
  confirmed?: boolean;
  /** The phone as it was typed, for typing the PIN again. In memory only. */
  phone?: { country: string; number: string };
  /** What was chosen of a visible signature; none: it doesn't show. */
  visible?: Visible;

  id?: string;
  /** Progress in the order it came, each once. */
  steps: string[];
  code?: { reference: string; resend: boolean; approval: boolean; sandbox: string; since: number; asked?: boolean };
  /** The code was sent: a signature may exist from here on. */
  codeSent: boolean;
  /** The person could sign without a code of ours: by approval in the app, or on a page by hand. */
  without?: boolean;
  /** When the code was sent, in ms since 1970. */
  sentAt?: number;
  cancelling?: boolean;
  assist?: { step: string; title: string; site: string; shown: boolean; trace?: string; visible?: Visible };
  /** PNG in base64. */
  picture?: string;

  result?: Result;
  file?: FileInfo;
  /** Why the file couldn't be shown. */
  openProblem?: Problem;
  queue?: QueueView;
  interrupted?: { answer: "nothing_signed" | "waiting" | "may_be_signed" | "saved" | "held"; path?: string; browserPath?: string };
}

export const initialView: View = { screen: "choose", mode: "relay", steps: [], codeSent: false };

/** The first screen, with what is known of the host and of the other documents: nothing of a document is left. */
export function fresh({ host, mode, modeChanged, queue }: View): View {
  return { ...initialView, host, mode, modeChanged, queue };
}

/**
 * What the screen of a document is about: which document, which of several, and whether it's to be signed again. What is pressed there holds for that
 * alone: a second click may come when the next is shown already, which nobody has looked at.
 */
export function drawn({ document, queue, lookFirst }: View): string {
  return [document?.sha256, queue?.at, lookFirst ? "again" : ""].join(" ");
}

/** It's what the person pressed under that is before them. */
export function holds(view: View, pressed: { drawn: string }): boolean {
  return view.screen === "document" && pressed.drawn === drawn(view);
}

/** Something is under way: nothing else can begin. Between two of several documents too. */
export function busy(view: View): boolean {
  return underWay(view.screen) || (!!view.queue && view.queue.phase !== "over");
}

/** A signature may exist, as far as is known here. What was offered stays so once the page has moved on: it may have been taken. */
export function mayBeSigned(view: View): boolean {
  return view.codeSent || view.without === true;
}

/** Screens on which a signing is under way. */
export function underWay(screen: Screen): boolean {
  return ["fetching", "document", "credentials", "working", "code", "sending", "assist"].includes(screen);
}
