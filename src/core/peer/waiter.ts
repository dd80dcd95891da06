import { abortable, after } from "../lib/abort.ts";

/** Waits for conditions that change with events and with time. */
export interface Waiter {
  /**
   * Resolves with the first result of `check` that is not undefined. Calls it at once, at each
   * `notify()`, and `delayMs()` after each call. Rejects when the scope ends.
   */
  waitUntil<Result>(check: () => Result | undefined, delayMs: () => number): Promise<Result>;
  /** Runs all checks now. */
  notify(): void;
}

export function createWaiter(signal: AbortSignal): Waiter {
  const checks = new Set<() => void>();
  return {
    notify() {
      for (const check of [...checks]) check();
    },
    waitUntil<Result>(check: () => Result | undefined, delayMs: () => number) {
      const result = new Promise<Result>((resolve) => {
        let cancel = () => {};
        const run = () => {
          cancel();
          const found = check();
          if (found === undefined) {
            cancel = after(signal, delayMs(), run);
            return;
          }
          checks.delete(run);
          resolve(found);
        };
        checks.add(run);
        run();
      });
      return abortable(signal, result);
    },
  };
}
