/** The error for a name that the simulation does not have. It lists the names that it has. */
export function unknownName(what: string, name: string, known: readonly string[]): Error {
  const list = known.map((one) => `"${one}"`).join(", ") || "none";
  return new Error(`There is no ${what} "${name}" in this simulation. Known names: ${list}.`);
}
