/**
 * Returns a deep copy of plain data. Jest's jsdom environment has no `structuredClone`; packets and peer
 * information are JSON, so a round trip through text gives the same result there.
 */
export const clone = <Value>(value: Value): Value =>
  typeof structuredClone === "function"
    ? structuredClone(value)
    : (JSON.parse(JSON.stringify(value)) as Value);
