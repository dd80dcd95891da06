/** A deep copy of what signaling carries. */

/**
 * Copies plain data. Jest's jsdom environment has no `structuredClone`; packets and peer information
 * are JSON, so a round trip through text is the same there.
 */
export const clone = <Value>(value: Value): Value =>
  typeof structuredClone === "function"
    ? structuredClone(value)
    : (JSON.parse(JSON.stringify(value)) as Value);
