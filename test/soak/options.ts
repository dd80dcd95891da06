/** What a soak run was asked for: run.mjs hands it over in the environment. */

// Written out, because Vite finds its environment by these very words.
const given = import.meta.env as Readonly<Record<string, string | undefined>>;
const number = (name: string, otherwise: number) => Number(given[`VITE_SOAK_${name}`] ?? otherwise);

/** How long, how often, and with which chance. */
export const soak = {
  /** Sequences of the model. */
  runs: number("RUNS", 500),
  /** So many of them are played at the same time. */
  worlds: number("WORLDS", 4),
  /** Of the first sequence, and of everything drawn in a call. */
  seed: number("SEED", 1),
  /** How long the call lasts. */
  minutes: number("MINUTES", 20),
};
