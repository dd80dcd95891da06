interface Entry {
  readonly type: string;
  readonly listener: EventListenerOrEventListenerObject;
  readonly once: boolean;
  readonly signal: AbortSignal | undefined;
  removed: boolean;
}

/** An `EventTarget` for fakes, with listeners, `on…` handlers, `once` and `signal`. It is the same in Node, jsdom, happy-dom and a browser. */
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
    // A running dispatch iterates over a copy of the list, so mark the entry as well.
    entry.removed = true;
    this.#entries = this.#entries.filter((other) => other !== entry);
  }

  dispatchEvent(event: Event): boolean {
    for (const field of ["target", "currentTarget"])
      Object.defineProperty(event, field, { value: this, configurable: true });
    const handler: unknown = Reflect.get(this, `on${event.type}`);
    if (typeof handler === "function") attempt(() => Reflect.apply(handler, this, [event]));
    // Check aborted signals here: Node warns about more than ten listeners on one signal.
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

/** An event handler property, such as `oniceconnectionstatechange`. */
export type Handler = ((event: Event) => unknown) | null;

/** Fires an event with additional fields (`candidate`, `track`, …). */
export function fire(target: FakeEventTarget, type: string, fields: object = {}): void {
  const event = new Event(type);
  for (const [name, value] of Object.entries(fields))
    Object.defineProperty(event, name, { value, enumerable: true });
  target.dispatchEvent(event);
}

/** The delay of a task in ms. Browsers clamp nested timers to it, so with a shorter one a later task could run first. */
const TASK_MS = 4;

/** Queues a task behind all queued ones, as a browser does. Fake timers control it. */
export function queueTask(task: () => void): void {
  setTimeout(task, TASK_MS);
}

/** Reports an error of a listener as uncaught, and continues with the next listener. */
function attempt(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Creates an error of the platform. */
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
