/** A seeded pseudorandom generator. */
export interface Random {
  /** Returns a number from 0 (inclusive) to 1 (exclusive). */
  number(): number;
  /** Returns a text of `length` characters. Default alphabet: that of an ICE ufrag (RFC 8839, section 5.4). */
  text(length: number, alphabet?: string): string;
  /** Returns an id like those of tracks and streams. */
  name(): string;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Creates a generator with Tommy Ettinger's mulberry32 (public domain). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const number = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const text = (length: number, alphabet = LETTERS) =>
    Array.from({ length }, () => alphabet[Math.floor(number() * alphabet.length)]).join("");
  return {
    number,
    text,
    name: () => [8, 4, 4, 4, 12].map((length) => text(length, "0123456789abcdef")).join("-"),
  };
}
