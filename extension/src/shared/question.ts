// One question to the other side at a time, and the message that answers it.

import type { HostMessage } from "./protocol";

export class Question {
  #waiting: { fits: (m: HostMessage) => boolean; done: (m: HostMessage | undefined) => void } | undefined;

  /** Waits for the answer; undefined where nothing could be sent, it was refused, or the connection ended. */
  ask(send: () => boolean, fits: (m: HostMessage) => boolean): Promise<HostMessage | undefined> {
    return new Promise((done) => {
      this.#waiting = { fits, done };
      if (!send()) this.answer(undefined);
    });
  }

  /** A message that came, which may be the answer. */
  heard(m: HostMessage): void {
    if (this.#waiting?.fits(m)) this.answer(m.status === "ERROR" ? undefined : m);
  }

  /** Ends the question, if one waits. */
  answer(m: HostMessage | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.done(m);
  }
}
