/** Owns the short form of a name that stands in for a face. */

/** Scripts whose names are written without a space, the family name first. */
const FAMILY_NAME_FIRST = /^[\p{Script=Hangul}\p{Script=Han}]+$/u;
const STARTS_A_WORD = /[\p{L}\p{N}\p{Extended_Pictographic}]/u;

/**
 * One or two characters for a name: `Mina Park` gives `MP`, `김민아` gives `민아`. Empty where there is
 * nothing to show. Counts what people see as one character, so an emoji or an accent is never torn.
 */
export function initials(name: string): string {
  // Normalized first: macOS hands over Hangul taken apart into single letters.
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

/** The characters of a text as people see them. */
function characters(text: string): string[] {
  // Firefox has it since 125 only; code points are the next best.
  if (!("Segmenter" in Intl)) return Array.from(text);
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}
