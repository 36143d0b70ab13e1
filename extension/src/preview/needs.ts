// What pdf.js uses that a browser may not have yet. Its build for older browsers brings all of that with it (core-js), for which a
// frame and two workers take 0.2 s more to start: it's for browsers that lack something.

type Library = Record<string, (Record<string, unknown> & { prototype: Record<string, unknown> }) | undefined>;

const library = globalThis as unknown as Library;

/** By core-js' names of what the build for older browsers brings, what has to be there: Array.from, or Array#includes of each array. */
export const needs: Record<string, string> = {
  "es.array.includes": "Array#includes",
  "es.array.push": "Array#push",
  "es.iterator.constructor": "Iterator#constructor",
  "es.iterator.drop": "Iterator#drop",
  "es.iterator.every": "Iterator#every",
  "es.iterator.filter": "Iterator#filter",
  "es.iterator.find": "Iterator#find",
  "es.iterator.flat-map": "Iterator#flatMap",
  "es.iterator.for-each": "Iterator#forEach",
  "es.iterator.map": "Iterator#map",
  "es.iterator.some": "Iterator#some",
  "es.iterator.take": "Iterator#take",
  "es.iterator.to-array": "Iterator#toArray",
  "es.json.parse": "JSON.rawJSON", // came with parse's third argument
  "es.json.stringify": "JSON.rawJSON",
  "es.map.get-or-insert": "Map#getOrInsert",
  "es.map.get-or-insert-computed": "Map#getOrInsertComputed",
  "es.math.sum-precise": "Math.sumPrecise",
  "es.promise.try": "Promise.try",
  "es.set.difference.v2": "Set#difference",
  "es.set.intersection.v2": "Set#intersection",
  "es.set.is-disjoint-from.v2": "Set#isDisjointFrom",
  "es.set.is-subset-of.v2": "Set#isSubsetOf",
  "es.set.is-superset-of.v2": "Set#isSupersetOf",
  "es.set.symmetric-difference.v2": "Set#symmetricDifference",
  "es.set.union.v2": "Set#union",
  "es.typed-array.with": "Uint8Array#with",
  "es.uint8-array.from-base64": "Uint8Array.fromBase64",
  "es.uint8-array.set-from-base64": "Uint8Array#setFromBase64",
  "es.uint8-array.set-from-hex": "Uint8Array#setFromHex",
  "es.uint8-array.to-base64": "Uint8Array#toBase64",
  "es.uint8-array.to-hex": "Uint8Array#toHex",
  "es.weak-map.get-or-insert": "WeakMap#getOrInsert",
  "es.weak-map.get-or-insert-computed": "WeakMap#getOrInsertComputed",
  "web.dom-exception.stack": "DOMException#message",
  "web.self": "self.self",
  "web.url.parse": "URL.parse",
};

/** What this browser lacks of it. */
export function lacks(): string[] {
  return Object.values(needs).filter((need) => {
    const [name, method] = need.split(/[#.]/) as [string, string];
    const place = need.includes("#") ? library[name]?.prototype : library[name];
    return !(place && method in place);
  });
}
