import { onPageHide } from "./page-lifecycle.ts";
import { callUserCode } from "./user-code.ts";

/** Runs while at least one caller retains it. */
export interface Retained {
  /** Retains the resource. Returns a function that releases it; calling that again has no effect. */
  retain(): () => void;
}

/**
 * Creates a reference-counted resource. `start` runs at the first `retain()`, `stop` after the last
 * release.
 *
 * A release takes effect one macrotask later, because React's StrictMode unmounts and remounts every
 * component once: the second `retain()` then finds the resource running. At `pagehide` it stops at once,
 * because no further macrotask may run. A page that returns from the back/forward cache starts what
 * `pagehide` stopped, unless `stop` returned false, which means that it was not active.
 *
 * Exceptions of `start` and `stop` are reported to the page, and change nothing else.
 */
export function createRetained(
  start: (reason: "retained" | "pageshow") => void,
  stop: (reason: "released" | "pagehide") => unknown,
): Retained {
  let count = 0;
  let running = false;
  let ending: ReturnType<typeof setTimeout> | undefined;
  let offPageHide = () => {};

  const begin = (reason: "retained" | "pageshow") => {
    if (running) return;
    running = true;
    callUserCode(start, reason);
  };
  const onHide = () => {
    if (running && callUserCode(stop, "pagehide") !== false) running = false;
  };
  const onShow = (event: PageTransitionEvent) => {
    if (event.persisted) begin("pageshow");
  };

  return {
    retain() {
      clearTimeout(ending);
      count += 1;
      if (count === 1) {
        offPageHide = onPageHide(onHide);
        globalThis.addEventListener?.("pageshow", onShow);
        begin("retained");
      }
      let retained = true;
      return () => {
        if (!retained) return;
        retained = false;
        count -= 1;
        if (count > 0) return;
        ending = setTimeout(() => {
          offPageHide();
          globalThis.removeEventListener?.("pageshow", onShow);
          if (running) callUserCode(stop, "released");
          running = false;
        });
      };
    },
  };
}
