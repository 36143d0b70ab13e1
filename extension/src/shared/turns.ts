/** Gives a function that runs what it's given one after the other, each once the one before has ended, however that was. */
export function inTurn(): <T>(what: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (what) => {
    const result = last.then(what);
    last = result.catch(() => {});
    return result;
  };
}

/** Ends in a later turn: what came meanwhile is done first. A timer would take its ms. */
export function nextTurn(): Promise<void> {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage("");
  });
}
