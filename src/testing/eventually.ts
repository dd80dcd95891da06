/** The limits and the clock of {@link eventually}. */
export interface EventuallyOptions {
  /** The subject of the error message: "Jun's tile to show video". @default "an assertion to hold" */
  description?: string | undefined;
  /**
   * Real time in ms after which it gives up. Keep it below the limit of the test itself, so that the
   * test fails with the description and not with "Test timed out". Where fake timers were
   * installed before this module was loaded (`enableGlobally` of Jest), it gives up after five times
   * as much simulated time.
   *
   * @default 4000, below the 5 seconds of Vitest and Jest
   */
  timeoutMs?: number | undefined;
  /**
   * Time in ms between two attempts: simulated time under fake timers, else real time.
   *
   * @default 20
   */
  intervalMs?: number | undefined;
  /**
   * Advances fake timers. Required only for a clock that is not detected, such as that of `node:test`.
   *
   * @default the clock that `vi.useFakeTimers()`, `jest.useFakeTimers()` or Sinon has installed; none
   *   with real timers
   */
  advance?: ((ms: number) => unknown) | undefined;
}

/** The clock that @sinonjs/fake-timers attaches to each function it replaces; Vitest and Jest use it. */
interface FakeClock {
  tickAsync(ms: number): Promise<unknown>;
}

// Taken when the module is loaded, before a test installs fake timers: the limit is in real time, and
// React renders in real time.
const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis;
/** No real time can be measured then. */
const loadedUnderFakeTimers = clockOf(realSetTimeout) !== undefined;

/**
 * Waits until `assertion` neither throws nor returns `false`, and resolves with what it returned.
 * Between two attempts it lets fake timers advance, where some are installed, and React render.
 *
 * `findBy…` and `waitFor` of Testing Library wait in real time only, which does not pass under the
 * fake timers of Vitest.
 *
 * @throws {Error} After `timeoutMs`, with the description, the time that has passed and the last
 *   failure (also its `cause`).
 *
 * @example
 * vi.useFakeTimers();
 * render(<App />);
 * await eventually(() => expect(call.getSnapshot().status).toBe("connected"));
 * const tile = await eventually(() => screen.getByRole("figure", { name: "Jun" }), {
 *   description: "Jun's tile",
 * });
 */
export function eventually<Result>(
  assertion: () => Result | Promise<Result>,
  options: EventuallyOptions = {},
): Promise<Result> {
  // Made here, so that its stack leads to the caller.
  const timedOut = new Error();
  Error.captureStackTrace?.(timedOut, eventually);
  return outsideAct(() => poll(assertion, options, timedOut));
}

async function poll<Result>(
  assertion: () => Result | Promise<Result>,
  { description, timeoutMs = 4_000, intervalMs = 20, advance }: EventuallyOptions,
  timedOut: Error,
): Promise<Result> {
  let simulatedMs = 0;
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = realSetTimeout(() => {
      isOver = true;
      reject(new Error("The promise of the assertion did not settle."));
    }, timeoutMs);
  });
  limit.catch(noop);
  /* oxlint-disable no-await-in-loop -- one attempt after the other */
  try {
    for (;;) {
      const fake = advance ?? fakeClock();
      let failure: unknown;
      try {
        const result = await Promise.race([assertion(), limit]);
        if (result !== false) {
          // Scheduled updates render before its updates have to be wrapped in `act()` again.
          await rest(0, fake);
          return result;
        }
        failure = new Error("The assertion returned false.");
      } catch (error) {
        failure = error;
      }
      isOver ||= loadedUnderFakeTimers && simulatedMs >= 5 * timeoutMs;
      if (isOver) throw failed(timedOut, { description, timeoutMs, simulatedMs, failure });
      await rest(intervalMs, fake);
      if (fake) simulatedMs += intervalMs;
    }
  } finally {
    realClearTimeout(timer);
  }
  /* oxlint-enable no-await-in-loop */
}

/** Lets the fake timers advance by `ms`, and React and the page do what they have scheduled in real time. */
async function rest(ms: number, fake: EventuallyOptions["advance"]): Promise<void> {
  await fake?.(ms);
  // The clock of Sinon has let real tasks run.
  if (fake && fakeClock()) return;
  await new Promise((resolve) => realSetTimeout(resolve, fake ? 1 : ms));
}

const noop = () => undefined;

/** How to advance the fake timers that are installed now; undefined with real timers. */
function fakeClock(): EventuallyOptions["advance"] {
  const clock = clockOf(globalThis.setTimeout);
  return clock && ((ms) => clock.tickAsync(ms));
}

function clockOf(timer: object): FakeClock | undefined {
  return (timer as { clock?: FakeClock }).clock;
}

interface Outcome {
  description: string | undefined;
  timeoutMs: number;
  simulatedMs: number;
  failure: unknown;
}

function failed(
  error: Error,
  { description = "an assertion to hold", timeoutMs, simulatedMs, failure }: Outcome,
): Error {
  const last = failure instanceof Error ? failure.message : String(failure);
  const simulated = simulatedMs > 0 ? ` (${simulatedMs / 1_000} s of simulated time)` : "";
  error.message = `Waited ${timeoutMs / 1_000} s${simulated} for ${description}. Last failure: ${last}`;
  error.cause = failure;
  error.stack = `${error.name}: ${error.message}\n${error.stack?.replace(/^\w*Error.*\n/, "") ?? ""}`;
  return error;
}

/** The flag by which React warns of updates outside `act()`. */
interface ActEnvironment {
  IS_REACT_ACT_ENVIRONMENT?: boolean | undefined;
}

let waiting = 0;
let actEnvironment: boolean | undefined;

/** Runs `task` while React renders by itself, as Testing Library does in `waitFor`: nothing here is wrapped in `act()`. */
async function outsideAct<Result>(task: () => Promise<Result>): Promise<Result> {
  const environment = globalThis as ActEnvironment;
  if (waiting === 0) actEnvironment = environment.IS_REACT_ACT_ENVIRONMENT;
  waiting += 1;
  environment.IS_REACT_ACT_ENVIRONMENT = false;
  try {
    return await task();
  } finally {
    waiting -= 1;
    if (waiting === 0) environment.IS_REACT_ACT_ENVIRONMENT = actEnvironment;
  }
}
