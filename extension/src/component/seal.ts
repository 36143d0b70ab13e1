// Phone, PIN and code, encrypted to the server's key (docs/PROTOCOL.md, "Sealed secrets"): HPKE in base mode (RFC 9180), by WebCrypto.

import { toBase64 } from "../shared/base64";
import type { SealOffer } from "../shared/protocol";

/** DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. */
const SUITE = "0010-0001-0002";

/** What a value is filled up to, in bytes. */
const PADDED = 64;

type Bytes = Uint8Array<ArrayBuffer>;

/** The server's key isn't the one that the page knows, or can't be used. */
export class KeyRefused extends Error {}

export interface Seal {
  /** What is sent of value, which is at most 64 bytes long. */
  (what: "phone" | "pin" | "otp", nonce: string, document: string, value: string): Promise<string>;
  /** The key's id. */
  kid: string;
}

/** pinned: the key's id, where the page knows it beforehand; then no other key will do. Throws KeyRefused. */
export async function sealTo(offer: SealOffer, pinned?: string): Promise<Seal> {
  const { x, y } = offer.key;
  // RFC 7638 3.2: these members, in this order.
  const kid = toUrl(await sha256(utf8(JSON.stringify({ crv: "P-256", kty: "EC", x, y }))));
  if (pinned && pinned !== kid) throw new KeyRefused("another key");
  if (offer.hpke !== SUITE || offer.key.kid !== kid) throw new KeyRefused("not a key of ours");
  const key = await crypto.subtle.importKey("jwk", { kty: "EC", crv: "P-256", x, y }, ec, true, []).catch(() => {
    throw new KeyRefused("not on the curve");
  });
  const seal = async (what: string, nonce: string, document: string, value: string): Promise<string> => {
    const padded = new Uint8Array(PADDED);
    const bytes = utf8(value);
    if (bytes.length > PADDED) throw new RangeError(what);
    padded.set(bytes);
    const info = utf8(["cmdsign 1", what, nonce, document].join("\n"));
    return toBase64(await hpke(key, info, padded));
  };
  return Object.assign(seal, { kid });
}

const ec = { name: "ECDH", namedCurve: "P-256" };
const kem = join(utf8("KEM"), new Uint8Array([0, 0x10]));
const hpkeId = join(utf8("HPKE"), new Uint8Array([0, 0x10, 0, 1, 0, 2]));
const none = new Uint8Array();

/** SealBase of RFC 9180 6.1, without aad: the encapsulated key and the ciphertext. */
async function hpke(to: CryptoKey, info: Bytes, plain: Bytes): Promise<Bytes> {
  const own = await crypto.subtle.generateKey(ec, false, ["deriveBits"]);
  const raw = async (k: CryptoKey) => new Uint8Array(await crypto.subtle.exportKey("raw", k));
  const enc = await raw(own.publicKey);
  const dh = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: to }, own.privateKey, 256));
  const shared = await expand(kem, await extract(kem, none, "eae_prk", dh), "shared_secret", join(enc, await raw(to)), 32);
  const context = join(
    new Uint8Array([0]), // base mode
    await extract(hpkeId, none, "psk_id_hash", none),
    await extract(hpkeId, none, "info_hash", info),
  );
  const secret = await extract(hpkeId, shared, "secret", none);
  const key = await crypto.subtle.importKey("raw", await expand(hpkeId, secret, "key", context, 32), "AES-GCM", false, ["encrypt"]);
  const iv = await expand(hpkeId, secret, "base_nonce", context, 12);
  return join(enc, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain)));
}

/** LabeledExtract of RFC 9180 4. */
function extract(suite: Bytes, salt: Bytes, label: string, material: Bytes): Promise<Bytes> {
  // An empty key is the same as one of zeros, and WebCrypto takes none that is empty.
  return hmac(salt.length ? salt : new Uint8Array(32), join(utf8("HPKE-v1"), suite, utf8(label), material));
}

/** LabeledExpand of RFC 9180 4, of at most the 32 bytes that one step gives. */
async function expand(suite: Bytes, key: Bytes, label: string, info: Bytes, length: number): Promise<Bytes> {
  const all = await hmac(key, join(new Uint8Array([0, length]), utf8("HPKE-v1"), suite, utf8(label), info, new Uint8Array([1])));
  return all.slice(0, length);
}

async function hmac(key: Bytes, data: Bytes): Promise<Bytes> {
  const k = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", k, data));
}

async function sha256(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

function utf8(text: string): Bytes {
  return new TextEncoder().encode(text) as Bytes;
}

function join(...parts: Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function toUrl(bytes: Bytes): string {
  return toBase64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
