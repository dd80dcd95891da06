// run.mjs passes the options in the environment. `import.meta.env` must be written literally, because
// Vite replaces this expression.
const given = import.meta.env as Readonly<Record<string, string | undefined>>;
const number = (name: string, otherwise: number) => Number(given[`VITE_SOAK_${name}`] ?? otherwise);

export const soak = {
  /** The number of sequences. */
  runs: number("RUNS", 500),
  /** The number of sequences that run in parallel. */
  worlds: number("WORLDS", 4),
  /** The seed of the first sequence, or of the call. */
  seed: number("SEED", 1),
  /** The duration of the call. */
  minutes: number("MINUTES", 20),
};
