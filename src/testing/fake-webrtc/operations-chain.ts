import { failure, queueTask } from "../fake-devices/fake-events.ts";

export interface OperationsOptions {
  isClosed(): boolean;
  isStable(): boolean;
  isNeeded(): boolean;
  onNeeded(): void;
}

/** The operations chain of one connection (WebRTC 1.0, section 4.4.1.2), and its negotiation-needed check. */
export interface Operations {
  /**
   * Runs an operation after all earlier ones. An operation that is running when the connection closes
   * never settles.
   *
   * @throws {DOMException} `InvalidStateError` after the connection was closed.
   */
  chain<T>(operation: () => Promise<T>): Promise<T>;
  /** Resolves in another task, or never if the connection is closed. */
  task(): Promise<void>;
  /** Checks whether negotiation is needed, and calls `onNeeded` once the state is stable (section 4.7.3). */
  check(): void;
  /** Clears the negotiation-needed flag and checks again, after a negotiation. */
  recheck(): void;
}

export function createOperations(options: OperationsOptions): Operations {
  const { isClosed } = options;
  let length = 0;
  let tail: Promise<unknown> = Promise.resolve();
  let needed = false;
  let checkWhenEmpty = false;

  function finished(): void {
    length -= 1;
    if (length > 0 || !checkWhenEmpty || isClosed()) return;
    checkWhenEmpty = false;
    check();
  }

  function check(): void {
    if (length > 0) {
      checkWhenEmpty = true;
      return;
    }
    queueTask(() => {
      if (isClosed()) return;
      if (length > 0) checkWhenEmpty = true;
      else if (options.isStable()) {
        const before = needed;
        needed = options.isNeeded();
        if (needed && !before) options.onNeeded();
      }
    });
  }

  return {
    chain<T>(operation: () => Promise<T>): Promise<T> {
      if (isClosed()) throw failure("InvalidStateError", "The connection is closed.");
      // The first operation starts synchronously, so that it sees the current state.
      const run = length === 0 ? operation() : tail.then(operation);
      length += 1;
      tail = run.then(finished, finished);
      return new Promise<T>((resolve, reject) => {
        run.then(
          (value) => isClosed() || resolve(value),
          (error: Error) => isClosed() || reject(error),
        );
      });
    },
    task: () =>
      new Promise((resolve) => {
        queueTask(() => {
          if (!isClosed()) resolve();
        });
      }),
    check,
    recheck() {
      needed = false;
      check();
    },
  };
}
