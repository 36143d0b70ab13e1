/** Gives a function that runs what it's given one after the other, each once the one before has ended, however that was. */
export function inTurn(): <T>(what: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (what) => {
    const result = last.then(what);
    last = result.catch(() => {});
    return result;
  };
}
