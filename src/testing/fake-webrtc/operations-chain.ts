/** Owns the order of what is done to one played connection (WebRTC 1.0, section 4.4.1.2), and its wish to negotiate. */
import { failure, queueTask } from "../fake-devices/fake-events.ts";

/** What the operations need. */
export interface OperationsOptions {
  isClosed(): boolean;
  isStable(): boolean;
  isNeeded(): boolean;
  onNeeded(): void;
}

/** The operations of one connection: one after the other. */
export interface Operations {
  /**
   * Runs an operation when those before it are done. What is under way when the connection closes
   * never settles.
   *
   * @throws {DOMException} `InvalidStateError` after it was closed.
   */
  chain<T>(operation: () => Promise<T>): Promise<T>;
  /** Resolves in a task of its own; never, after the connection was closed. */
  task(): Promise<void>;
  /** Looks whether negotiation is needed, and says so once it is possible (section 4.7.3). */
  check(): void;
  /** Forgets that it was said: what is agreed now may not say all that is wanted. */
  recheck(): void;
}

/** Makes the operations of a connection. */
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
      // The first one starts at once, so that errors of the moment are those of the moment.
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
