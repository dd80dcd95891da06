/**
 * Counts the resources of this page from the first import on: listeners, timers, tracks, connections,
 * documents, and objects that the garbage collector could not free.
 */
import { expect } from "vitest";
import { cdp } from "vitest/browser";
import { collectGarbage, opened } from "./media-support.ts";

/** The number of open resources of each kind. A kind without any is left out. */
export type Inventory = Readonly<Record<string, number>>;

/** A listener that was added. The references are weak, so that counting does not prevent collection. */
interface Entry {
  readonly target: WeakRef<EventTarget>;
  readonly listener: WeakRef<object>;
  readonly type: string;
  readonly capture: boolean;
  /** Removes the listeners that detect when this one ends. */
  unwatch(): void;
  ended: boolean;
}

const browser = cdp();
const listeners = countListeners();
const timers = countTimers();
const objects = new Map<string, Set<WeakRef<object>>>();
const watched = new WeakSet<object>();

// Watch all objects that make up a call, no matter which code creates them.
remember("RTCPeerConnection", RTCPeerConnection, (made) => {
  window.RTCPeerConnection = made;
});
remember("MediaStream", MediaStream, (made) => {
  window.MediaStream = made;
});
const devices = navigator.mediaDevices;
const getUserMedia = devices.getUserMedia.bind(devices);
devices.getUserMedia = async (constraints) => {
  const stream = await getUserMedia(constraints);
  const tracks = stream.getTracks();
  watch(`captured ${tracks.map(({ kind }) => kind).join(" and ")} stream`, stream);
  for (const track of tracks) watch(`captured ${track.kind} track`, track);
  return stream;
};

/** Counts the object until it is collected. */
export function watch(kind: string, object: object): void {
  if (watched.has(object)) return;
  watched.add(object);
  const known = objects.get(kind) ?? new Set();
  objects.set(kind, known.add(new WeakRef(object)));
}

/** Collects garbage until the counts are stable, and returns them. */
export async function takeInventory(): Promise<Inventory> {
  let last = await countAll();
  // This takes several passes, because a pending promise keeps objects alive until the next one.
  for (let same = 0; same < 3;) {
    await pause(50);
    const now = await countAll();
    same = JSON.stringify(now) === JSON.stringify(last) ? same + 1 : 0;
    last = now;
  }
  return last;
}

async function countAll(): Promise<Inventory> {
  const found: Record<string, number> = {};
  const add = (kind: string, count: number) => {
    if (count > 0) found[kind] = (found[kind] ?? 0) + count;
  };
  // First, because counting drops the references to ended tracks.
  add("live tracks", opened.liveTracks().length);
  await collectGarbage();
  await browser.send("HeapProfiler.collectGarbage");
  // The browser counts these for the process of this page.
  const { documents, nodes, jsEventListeners } = await browser.send("Memory.getDOMCounters");
  add("documents", documents);
  add("nodes", nodes);
  add("listeners counted by the browser", jsEventListeners);
  for (const [kind, count] of listeners()) add(kind, count);
  add("timers", timers());
  add("open connections", opened.connections().length);
  for (const [kind, known] of objects) {
    for (const object of known) if (!object.deref()) known.delete(object);
    add(`${kind} objects`, known.size);
  }
  return found;
}

/** Collects garbage, and returns the size of the page's JavaScript heap in bytes. */
export async function measureHeap(): Promise<number> {
  await takeInventory();
  const { usedSize } = await browser.send("Runtime.getHeapUsage");
  return usedSize;
}

/** Waits until no kind that matches `kinds` has a higher count than before. The failure lists those that do. */
export async function expectNoMoreThan(before: Inventory, kinds = /./): Promise<void> {
  const more = async () =>
    Object.entries(await takeInventory())
      .filter(([kind, count]) => kinds.test(kind) && count > (before[kind] ?? 0))
      .map(([kind, count]) => `${kind}: ${before[kind] ?? 0} -> ${count}`);
  await expect.poll(more, { timeout: 60_000, interval: 200 }).toEqual([]);
}

const { setTimeout: later } = window;
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void later(resolve, ms));
}

function remember<T extends abstract new (...given: never[]) => object>(
  kind: string,
  Native: T,
  install: (made: T) => void,
): void {
  install(
    new Proxy(Native, {
      construct(target, given, newTarget) {
        const made = Reflect.construct(target, given, newTarget) as object;
        watch(kind, made);
        return made;
      },
    }),
  );
}

/** Counts listeners by target and event, such as `Window pagehide listeners`. */
function countListeners(): () => Map<string, number> {
  const entries = new Set<Entry>();
  const byTarget = new WeakMap<EventTarget, Set<Entry>>();
  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  const isCapture = (options: unknown) =>
    typeof options === "object" && options !== null
      ? Boolean((options as AddEventListenerOptions).capture)
      : Boolean(options);

  function find(target: EventTarget, type: string, listener: object, capture: boolean) {
    return [...(byTarget.get(target) ?? [])].find(
      (entry) =>
        !entry.ended &&
        entry.type === type &&
        entry.capture === capture &&
        entry.listener.deref() === listener,
    );
  }

  function end(entry: Entry): void {
    entry.ended = true;
    entries.delete(entry);
    const target = entry.target.deref();
    if (target) byTarget.get(target)?.delete(entry);
    entry.unwatch();
  }

  EventTarget.prototype.addEventListener = function counted(
    this: EventTarget | undefined,
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ) {
    const target = this ?? window;
    add.call(target, type, listener, options);
    const given = typeof options === "object" ? options : {};
    const capture = isCapture(options);
    if (!listener || given.signal?.aborted || find(target, type, listener, capture)) return;
    const entry: Entry = {
      target: new WeakRef(target),
      listener: new WeakRef(listener),
      type,
      capture,
      unwatch: () => undefined,
      ended: false,
    };
    entries.add(entry);
    byTarget.set(target, (byTarget.get(target) ?? new Set<Entry>()).add(entry));
    if (!given.once && !given.signal) return;
    // Added with the native function, so that these listeners are not counted. `unwatch()` removes them.
    const ended = () => end(entry);
    const over = given.signal && new WeakRef(given.signal);
    if (given.once) add.call(target, type, ended, { once: true, capture });
    if (given.signal) add.call(given.signal, "abort", ended, { once: true });
    entry.unwatch = () => {
      const [there, signal] = [entry.target.deref(), over?.deref()];
      if (there) remove.call(there, type, ended, capture);
      if (signal) remove.call(signal, "abort", ended);
    };
  };
  EventTarget.prototype.removeEventListener = function counted(
    this: EventTarget | undefined,
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ) {
    const target = this ?? window;
    remove.call(target, type, listener, options);
    const entry = listener && find(target, type, listener, isCapture(options));
    if (entry) end(entry);
  };

  return () => {
    const counts = new Map<string, number>();
    for (const entry of entries) {
      const target = entry.target.deref();
      if (!target) end(entry);
      else {
        const kind = `${target.constructor.name} ${entry.type} listeners`;
        counts.set(kind, (counts.get(kind) ?? 0) + 1);
      }
    }
    return counts;
  };
}

/** Counts pending timeouts and running intervals. */
function countTimers(): () => number {
  const pending = new Set<unknown>();
  const { setTimeout: wait, setInterval: repeat } = window;
  const { clearTimeout: stop, clearInterval: stopRepeating } = window;
  window.setTimeout = ((task: TimerHandler, ms?: number, ...given: unknown[]) => {
    const id = wait(
      (...passed: unknown[]) => {
        pending.delete(id);
        if (typeof task === "function") (task as (...all: unknown[]) => void)(...passed);
      },
      ms,
      ...given,
    );
    pending.add(id);
    return id;
  }) as typeof setTimeout;
  window.setInterval = ((...given: Parameters<typeof setInterval>) => {
    const id = repeat(...given);
    pending.add(id);
    return id;
  }) as typeof setInterval;
  window.clearTimeout = (id) => {
    pending.delete(id);
    stop(id);
  };
  window.clearInterval = (id) => {
    pending.delete(id);
    stopRepeating(id);
  };
  return () => pending.size;
}
