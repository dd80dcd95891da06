/** Owns how several people are named in one sentence. Not exported from the package. */
import type { Messages } from "./messages.ts";

/** How many are named before the others are counted. */
const NAMED = 2;

/** "Mina", "Mina and Jonas", "Mina, Jonas and 3 others". */
export function peopleText(
  people: readonly { readonly name: string | undefined }[],
  texts: Messages,
): string {
  const names = people.map(({ name }) => name ?? texts.nameless);
  // One more name is shorter than counting one.
  const named = names.length === NAMED + 1 ? names : names.slice(0, NAMED);
  return texts.people(named, names.length - named.length);
}
