/** Owns the question who still needs a thing: it starts with its first holder and ends after its last. */

import { onPageHide } from "./page-lifecycle.ts";

/** Something that lives while it is held. */
export interface Retained {
  /** Holds the thing; returns the way to let go, which may be called more than once. */
  retain(): () => void;
}

/**
 * Makes a lease. `start` runs when the first holder comes, `stop` after the last has left.
 *
 * Letting go takes effect one macrotask later, because React's StrictMode unmounts and remounts
 * every component once: the second holder then finds the thing running. `pagehide` stops at once
 * (no macrotask may come any more), and a page that returns from the back/forward cache starts again
 * what that ended: not what `stop` says was over already, by returning false.
 */
export function createRetained(
  start: (why: "held" | "pageshow") => void,
  stop: (reason: "released" | "pagehide") => unknown,
): Retained {
  let holders = 0;
  let running = false;
  let ending: ReturnType<typeof setTimeout> | undefined;
  let off = () => {};

  const begin = (why: "held" | "pageshow") => {
    if (running) return;
    running = true;
    start(why);
  };
  const onGone = () => {
    if (running && stop("pagehide") !== false) running = false;
  };
  const onPageShow = (event: PageTransitionEvent) => {
    if (event.persisted) begin("pageshow");
  };

  return {
    retain() {
      clearTimeout(ending);
      holders += 1;
      if (holders === 1) {
        off = onPageHide(onGone);
        globalThis.addEventListener?.("pageshow", onPageShow);
        begin("held");
      }
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        holders -= 1;
        if (holders > 0) return;
        ending = setTimeout(() => {
          off();
          globalThis.removeEventListener?.("pageshow", onPageShow);
          if (running) stop("released");
          running = false;
        });
      };
    },
  };
}
