/** Scripts that write names without a space and with the family name first. */
const FAMILY_NAME_FIRST = /^[\p{Script=Hangul}\p{Script=Han}]+$/u;
const STARTS_A_WORD = /[\p{L}\p{N}\p{Extended_Pictographic}]/u;

/**
 * Abbreviates a name to one or two characters: `Mina Park` to `MP`, `김민아` to `민아`. Empty if the name
 * has no letters, digits or emoji. Counts grapheme clusters, so that an emoji or an accent is not split.
 */
export function initials(name: string): string {
  // Normalized first: macOS decomposes Hangul into single letters.
  const words = name
    .normalize("NFC")
    .split(/\s+/u)
    .map((word) => word.slice(Math.max(0, word.search(STARTS_A_WORD))))
    .filter((word) => STARTS_A_WORD.test(word));
  const [first, last] = [words[0], words.at(-1)];
  if (first === undefined || last === undefined) return "";
  if (words.length === 1 && FAMILY_NAME_FIRST.test(first)) {
    return characters(first).slice(-2).join("");
  }
  const letters = words.length === 1 ? [first] : [first, last];
  return letters.map((word) => characters(word)[0]?.toLocaleUpperCase() ?? "").join("");
}

/** Splits a text into grapheme clusters. */
function characters(text: string): string[] {
  // Firefox has no Segmenter before 125. Code points are the next best.
  if (!("Segmenter" in Intl)) return Array.from(text);
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}
