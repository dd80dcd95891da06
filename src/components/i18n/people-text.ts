import type { Messages } from "./messages.ts";

/** How many participants are listed by name before the others are counted. */
const MAX_NAMED = 2;

/** Lists participants: "Mina", "Mina and Jonas", "Mina, Jonas and 3 others". */
export function peopleText(
  people: readonly { readonly name: string | undefined }[],
  texts: Messages,
): string {
  const names = people.map(({ name }) => name ?? texts.nameless);
  // A third name is shorter than "1 other".
  const named = names.length === MAX_NAMED + 1 ? names : names.slice(0, MAX_NAMED);
  return texts.people(named, names.length - named.length);
}
