// How each message of the host changes what the pages show. Pure: the same view and message give the same view.

import type { HostMessage, Problem, Visible } from "./protocol";
import { holds, type View } from "./view";

/** Progress that isn't a page of the site's. */
const notSteps = new Set(["otp", "upload_local", "document", "browser_ready", "confirmed", "resumed"]);

/** now: the clock, in ms since 1970, for the code's countdown. */
export function reduce(view: View, m: HostMessage, now: number): View {
  if (m.open) return { ...view, openProblem: m.error };
  if (m.state === "screenshot") return m.screenshot ? { ...view, picture: m.screenshot } : view;
  // The end is told once. What comes in its state after it refuses a message that crossed it: that is no news, and has neither result nor file.
  if (isOver(m.state) && isOver(view.screen)) return view;
  let next: View = m.id ? { ...view, id: m.id } : view;
  if (m.progress && !notSteps.has(m.progress) && isStage(m.state, view) && !next.steps.includes(m.progress)) {
    next = { ...next, steps: [...next.steps, m.progress] };
  }
  if (m.progress === "code_sent") next = { ...next, codeSent: true };
  if (m.progress === "browser_ready") next = { ...next, notes: m.notes ?? [] };

  switch (m.state) {
    case "start":
      return m.error ? { ...next, problem: m.error } : next;
    case "stage1_input":
      return stage1Input(next, m);
    case "stage1":
      return { ...forward(next, m), screen: "working" };
    case "stage2_input":
      return stage2Input(next, m, now);
    case "stage2":
      return { ...forward(next, m), screen: "sending", cancelling: false };
    case "assist":
      return {
        ...next,
        screen: "assist",
        without: true,
        problem: m.error,
        assist: { step: m.step ?? "", title: m.title ?? "", site: m.host ?? "", shown: m.shown ?? false, ...(m.trace ? { trace: m.trace } : {}), ...(m.visible ? { visible: m.visible } : {}) },
        picture: m.screenshot || next.picture,
      };
    case "done":
      return { ...over(next, m), screen: "done", codeSent: true };
    case "unverified":
      return { ...over(next, m), screen: "unverified", codeSent: true };
    case "failed":
      return { ...over(next, m), screen: "failed" };
    case "cancelled":
      return { ...over(next, m), screen: "cancelled" };
    default:
      return next; // pings, and what a newer host may say
  }
}

/** The pages are walked, also while phone and PIN are typed. */
function isStage(state: string | undefined, view: View): boolean {
  return state === "stage1" || state === "stage2" || (state === "stage1_input" && ["credentials", "assist"].includes(view.screen));
}

/** A refused message changes nothing but what is said; an accepted one clears it. */
function forward(view: View, m: HostMessage): View {
  return { ...view, problem: m.error, assist: undefined };
}

function stage1Input(view: View, m: HostMessage): View {
  if (m.document) {
    // The name that the site gave is better than the one of a file in a temporary place.
    const name = view.source?.name || m.document.name;
    return { ...view, screen: "document", document: { ...m.document, name }, problem: undefined };
  }
  if (m.progress) return view.screen === "assist" ? { ...view, screen: "credentials", problem: undefined, assist: undefined } : view;
  const error = m.error;
  if (error?.code === "LOOK_FIRST") return { ...view, screen: "document", lookFirst: true, confirmed: false, problem: error };
  if (error?.code === "DOCUMENT_BUSY" || error?.code === "VISIBLE_INVALID") return { ...view, screen: "document", confirmed: false, problem: error };
  if (error && documentFault(error)) return { ...view, screen: "choose", document: undefined, confirmed: false, problem: error };
  if (view.confirmed) return { ...view, screen: "credentials", problem: error, assist: undefined, code: undefined };
  return error ? { ...view, problem: error } : view;
}

/** The document was confirmed, to be signed with or without a visible signature; undefined where it isn't before the person as it was then. */
export function confirmed(view: View, pressed: { drawn: string; visible?: Visible }): View | undefined {
  return holds(view, pressed) ? { ...view, screen: "credentials", confirmed: true, visible: pressed.visible, problem: undefined } : undefined;
}

/** Another code was asked for; undefined where none can be, or one is on its way. */
export function codeAsked(view: View): View | undefined {
  return view.screen === "code" && !view.code?.asked ? { ...view, problem: undefined, code: { ...view.code!, asked: true } } : undefined;
}

/** The states of the host's in which a document is over. */
export function isOver(state: string | undefined): boolean {
  return ["done", "unverified", "failed", "cancelled"].includes(state ?? "");
}

/** The message refuses what came after the end of its document. */
export function tooLate(m: HostMessage): boolean {
  return isOver(m.state) && m.error?.code === "MESSAGE_OUT_OF_TURN";
}

/** The message answers the cancel of a document that nobody had confirmed: it ended it, or that was over already. */
export function answersCancel(m: HostMessage): boolean {
  return m.error ? tooLate(m) : m.state === "cancelled";
}

/** Errors of stage1_input that another PIN doesn't mend. */
function documentFault(error: Problem): boolean {
  return error.code.startsWith("PDF_") || error.code === "UPLOAD_INVALID" || error.code === "CONFIRM_MISSING";
}

function stage2Input(view: View, m: HostMessage, now: number): View {
  if (m.progress && m.progress !== "otp") return view;
  if (!m.progress && m.error && view.code) return { ...view, screen: "code", problem: m.error, code: { ...view.code, asked: undefined } };
  return {
    ...view,
    screen: "code",
    problem: m.error,
    assist: undefined,
    codeSent: false, // a code that is asked for again made no signature
    ...(m.approval ? { without: true } : {}),
    code: {
      reference: m.reference ?? "",
      resend: m.resend ?? false,
      approval: m.approval ?? false,
      sandbox: m.sandbox_otp ?? "",
      // A wrong code is asked for again; the one that was sent is no younger for it.
      since: m.error?.code === "CODE_WRONG" && view.code ? view.code.since : now,
    },
  };
}

function over(view: View, m: HostMessage): View {
  return {
    ...view,
    problem: m.error,
    result: m.result,
    file: m.file,
    document: view.document ?? m.document,
    code: undefined,
    assist: undefined,
    picture: undefined,
    phone: undefined,
    cancelling: false,
  };
}
