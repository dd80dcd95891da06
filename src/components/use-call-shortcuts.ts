"use client";
/** Owns `useCallShortcuts`: the keys of a call, and speaking while one is held. */
import { useEffect, useRef, useState } from "react";
import type { Call } from "../core/call.ts";
import type { LocalMedia } from "../core/media.ts";

/** What the keys act on. */
export interface CallShortcutsOptions {
  media: LocalMedia;
  /** Where given, the keys do nothing unless the call is joined or on the way to it. */
  call?: Call | undefined;
  /** Default `true`. Single keys get in the way of speech input, so a person must be able to turn them off (WCAG 2.1.4). */
  enabled?: boolean | undefined;
  /** Where keys are heard. Default: the whole page. */
  target?: EventTarget | null | undefined;
}

/** The keys, as `aria-keyshortcuts` wants them. */
export const CALL_SHORTCUTS = { microphone: "M", camera: "V" } as const;

/** Where a letter is text or a choice. */
const TAKES_LETTERS = "input, textarea, select, [role*=box]";
/** Where the space bar presses, scrolls or plays. */
const TAKES_SPACE = `${TAKES_LETTERS}, button, summary, a[href], audio, video, [role=button]`;

/**
 * Keys for a call, without modifiers and never while something is typed or chosen:
 *
 * - hold **Space**: while muted, others hear you until you let go (or leave the page)
 * - **M**: microphone on and off
 * - **V**: camera on and off
 *
 * Space does what it always does where a button or a link has the focus. Letters are read by what is
 * printed on the key where the layout is not Latin.
 *
 * @returns Whether one speaks only as long as Space is held: to be shown, and said aloud.
 */
export function useCallShortcuts(options: CallShortcutsOptions): { pushToTalk: boolean } {
  const { media, call, target } = options;
  const status = call?.status;
  const off = status === "idle" || status === "left" || status === "failed";
  const enabled = (options.enabled ?? true) && !off;
  const [held, setHeld] = useState(false);
  // Keys are heard between renders; they act on the media of the latest one.
  const latest = useRef(media);
  useEffect(() => {
    latest.current = media;
  });

  useEffect(() => {
    if (!enabled) return;
    const scope = new AbortController();
    const { signal } = scope;
    let talking = false;
    const talk = (on: boolean) => {
      if (on === talking) return;
      talking = on;
      setHeld(on);
      settle(latest.current.microphone.setEnabled(on));
    };

    const down = (event: Event) => {
      if (!(event instanceof KeyboardEvent) || !isForUs(event)) return;
      const { microphone, camera } = latest.current;
      if (event.key === " ") {
        // Only to lift a mute: a device that was never allowed is not asked for by a held key.
        if (!event.repeat && !microphone.enabled && microphone.status === "off") talk(true);
        // Repeats would scroll the page.
        if (talking) event.preventDefault();
        return;
      }
      const letter = letterOf(event);
      const control = { [CALL_SHORTCUTS.microphone]: microphone, [CALL_SHORTCUTS.camera]: camera }[
        letter
      ];
      if (!control || event.repeat) return;
      event.preventDefault();
      settle(control.toggle());
    };
    const up = ({ key }: KeyboardEvent) => {
      if (key === " ") talk(false);
    };
    const stop = () => talk(false);

    (target ?? document).addEventListener("keydown", down, { signal });
    // Wherever the key comes up, and whoever stops the event: nobody is left on air. Where the page
    // loses the keyboard it never comes up.
    window.addEventListener("keyup", up, { capture: true, signal });
    window.addEventListener("blur", stop, { signal });
    document.addEventListener("visibilitychange", stop, { signal });
    return () => {
      scope.abort();
      stop();
    };
  }, [enabled, target]);

  return { pushToTalk: held && media.microphone.enabled };
}

function isForUs(event: KeyboardEvent): boolean {
  const { altKey, ctrlKey, metaKey, shiftKey, isComposing, defaultPrevented } = event;
  if (altKey || ctrlKey || metaKey || shiftKey || isComposing || defaultPrevented) return false;
  const [at] = event.composedPath();
  if (!(at instanceof HTMLElement)) return true;
  return !at.isContentEditable && !at.closest(event.key === " " ? TAKES_SPACE : TAKES_LETTERS);
}

/** The Latin letter of a key; on a Hangul or Cyrillic layout the one in its place. */
function letterOf({ key, code }: KeyboardEvent): string {
  return (/^[a-z]$/i.test(key) ? key : code.replace(/^Key/, "")).toUpperCase();
}

/** The control keeps the error. */
function settle(wish: Promise<void>): void {
  wish.catch(() => {});
}
