/** Owns events of played objects: the same in Node, in jsdom or happy-dom and in a browser, whatever `EventTarget` is there. */

interface Entry {
  readonly type: string;
  readonly listener: EventListenerOrEventListenerObject;
  readonly once: boolean;
  readonly signal: AbortSignal | undefined;
  removed: boolean;
}

/** What the played objects are instead of an `EventTarget`: listeners, `on…` handlers, `once` and `signal`. */
export class FakeEventTarget implements EventTarget {
  #entries: Entry[] = [];

  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    const { once = false, signal } = typeof options === "object" ? options : {};
    if (!listener || signal?.aborted || this.#find(type, listener)) return;
    this.#entries.push({ type, listener, once, signal, removed: false });
  }

  removeEventListener(type: string, listener: EventListenerOrEventListenerObject | null): void {
    const entry = this.#find(type, listener);
    if (!entry) return;
    // Marked too, for a dispatch that is just going through a copy of the list.
    entry.removed = true;
    this.#entries = this.#entries.filter((other) => other !== entry);
  }

  dispatchEvent(event: Event): boolean {
    for (const field of ["target", "currentTarget"])
      Object.defineProperty(event, field, { value: this, configurable: true });
    const handler: unknown = Reflect.get(this, `on${event.type}`);
    if (typeof handler === "function") attempt(() => Reflect.apply(handler, this, [event]));
    // Looked at only here: a listener on each signal is what Node warns of after the tenth.
    this.#entries = this.#entries.filter(({ signal }) => !signal?.aborted);
    for (const entry of this.#entries.filter(({ type }) => type === event.type)) {
      if (entry.removed || entry.signal?.aborted) continue;
      if (entry.once) this.removeEventListener(entry.type, entry.listener);
      const { listener } = entry;
      attempt(() =>
        typeof listener === "function" ? listener.call(this, event) : listener.handleEvent(event),
      );
    }
    return !event.defaultPrevented;
  }

  #find(type: string, listener: EventListenerOrEventListenerObject | null): Entry | undefined {
    return this.#entries.find(
      (entry) => entry.type === type && entry.listener === listener && !entry.signal?.aborted,
    );
  }
}

/** A handler property, as `oniceconnectionstatechange`. */
export type Handler = ((event: Event) => unknown) | null;

/** Fires an event with fields of its own (`candidate`, `track`, …). */
export function fire(target: FakeEventTarget, type: string, fields: object = {}): void {
  const event = new Event(type);
  for (const [name, value] of Object.entries(fields))
    Object.defineProperty(event, name, { value, enumerable: true });
  target.dispatchEvent(event);
}

/** Browsers stretch timers within timers to this, in ms: with less, a later task could come before an earlier one. */
const TASK = 4;

/** As a browser queues a task: after everything that is waiting already. Played time plays it too. */
export function queueTask(task: () => void): void {
  setTimeout(task, TASK);
}

/** An error of a listener is reported like any other, and the next listener is called all the same. */
function attempt(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** An error as the platform names it. */
export function failure(
  name:
    | "InvalidStateError"
    | "InvalidAccessError"
    | "InvalidModificationError"
    | "OperationError"
    | "SyntaxError"
    | "NotAllowedError"
    | "NotFoundError"
    | "NotReadableError"
    | "AbortError",
  message: string,
): DOMException {
  return new DOMException(message, name);
}
