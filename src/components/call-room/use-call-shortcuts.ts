"use client";
/** Owns `useCallShortcuts`: the keys of a call, and speaking while one is held. */
import { useEffect, useRef, useState } from "react";
import type { Call } from "../../core/call/call.ts";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { useCurrentMedia, useProvidedCall } from "../../react/call-provider.tsx";

/** What the keys act on. */
export interface CallShortcutsOptions {
  /** Default: those of the nearest `CallProvider`. */
  media?: LocalMedia | undefined;
  /** Where there is one, here or of the nearest `CallProvider`, the keys do nothing unless the call is joined or on the way to it. */
  call?: Call | undefined;
  /** Default `true`. Single keys get in the way of speech input, so a person must be able to turn them off (WCAG 2.1.4). */
  enabled?: boolean | undefined;
  /** Which of `"microphone"` and `"camera"` have keys. Default: both. */
  controls?: readonly string[] | undefined;
  /**
   * The element whose keys are handled: give your own container of the call if its buttons are not
   * those of twocan, or if it is in a shadow root or in another window. A shadow root or a document
   * is handled as a whole page.
   *
   * @default the page of this script
   */
  target?: EventTarget | null | undefined;
}

/** The keys, as `aria-keyshortcuts` wants them. */
export const CALL_SHORTCUTS = { microphone: "M", camera: "V" } as const;

const BOTH = ["microphone", "camera"];

/**
 * What has the focus in a call while a letter is a shortcut. A list of what is allowed, because an
 * element with a closed shadow root looks like any other element while somebody types into it.
 */
const SPARES_LETTERS =
  "[data-twocan]:not(input, select, textarea), :is(button, a[href], summary):not([role]), [role=button], [role=link]";
/** Focused by script only, such as the region that replaces the pre-join form: Space does nothing there. */
const SPARES_SPACE = "[data-twocan][tabindex='-1']:not(button, input, select, textarea)";

/**
 * Handles the keys of a call:
 *
 * - hold **Space**: unmutes the microphone until the key is released, or the window loses the focus
 * - **M**: turns the microphone on and off
 * - **V**: turns the camera on and off
 *
 * A key is a shortcut only if nothing on the page has the focus, or if a button or another element of
 * the call has it (`[data-twocan]`, or `target`). Space is never a shortcut on a button. Keys with
 * modifiers, repeated keys, keys of an input method and keys with a prevented default are ignored. On
 * a keyboard layout without Latin letters, the position of the key counts.
 *
 * @returns Whether one speaks only as long as Space is held: to be shown, and said aloud.
 */
export function useCallShortcuts(options: CallShortcutsOptions = {}): { pushToTalk: boolean } {
  const { target, controls = BOTH } = options;
  const media = useCurrentMedia(options.media);
  const call = useProvidedCall(options.call);
  const status = call?.status;
  const off = status === "idle" || status === "left" || status === "failed";
  const enabled = (options.enabled ?? true) && !off;
  const [held, setHeld] = useState(false);
  // Keys are heard between renders; they act on the media of the latest one.
  const latest = useRef({ media, controls });
  useEffect(() => {
    latest.current = { media, controls };
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
      settle(latest.current.media.microphone.setEnabled(on));
    };

    const down = (event: Event) => {
      if (!isKey(event) || !isShortcut(event, target)) return;
      const { media: now, controls: shown } = latest.current;
      const microphone = shown.includes("microphone") ? now.microphone : undefined;
      const camera = shown.includes("camera") ? now.camera : undefined;
      if (event.key === " ") {
        // Only to lift a mute: a device that was never allowed is not asked for by a held key.
        if (!event.repeat && microphone?.enabled === false && microphone.status === "off")
          talk(true);
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

    const page = pageOf(target);
    const view = page.defaultView ?? window;
    const place = target ?? page;
    place.addEventListener("keydown", down, { signal });
    // While nothing has the focus, keys go to the body and do not pass a shadow root. A key that was
    // handled in the shadow root has its default prevented; the others come here from its host.
    if (isPage(place) && "host" in place) page.addEventListener("keydown", down, { signal });
    // Captured at the window, so that the microphone is muted even if a handler stops the event. The
    // key is not released if the window loses the keyboard.
    view.addEventListener("keyup", up, { capture: true, signal });
    view.addEventListener("blur", stop, { signal });
    page.addEventListener("visibilitychange", stop, { signal });
    return () => {
      scope.abort();
      stop();
    };
  }, [enabled, target]);

  return { pushToTalk: held && media.microphone.enabled };
}

function isShortcut(event: KeyboardEvent, target: EventTarget | null | undefined): boolean {
  const { altKey, ctrlKey, metaKey, shiftKey, isComposing, defaultPrevented, key } = event;
  if (altKey || ctrlKey || metaKey || shiftKey || isComposing || defaultPrevented) return false;
  const path = event.composedPath();
  const at = path[0] as EventTarget & Partial<HTMLElement>;
  if (at.isContentEditable) return false;
  // A window, a document, or an element that has the keys while nothing has the focus.
  if (!at.ownerDocument || at === at.ownerDocument.body || at === at.ownerDocument.documentElement)
    return true;
  if (at === target) return true;
  const inCall = path.some(
    (one) =>
      (one === target && !isPage(one)) || (one as Partial<Element>).matches?.("[data-twocan]"),
  );
  return Boolean(inCall && at.matches?.(key === " " ? SPARES_SPACE : SPARES_LETTERS));
}

// By their members: in another window these are not instances of the classes of this one.
const isKey = (event: Event): event is KeyboardEvent => "isComposing" in event;
/** Whether it is a window, a document or a shadow root, and no part of a page. */
const isPage = (place: EventTarget) => !("matches" in place);

/** The document around a target. */
function pageOf(target: EventTarget | null | undefined): Document {
  const around = (target as Node | null | undefined)?.ownerDocument ?? (target as Window)?.document;
  return around ?? (target && "createElement" in target ? (target as Document) : document);
}

/** The Latin letter of a key; on a Hangul or Cyrillic layout the one in its place. */
function letterOf({ key, code }: KeyboardEvent): string {
  return (/^[a-z]$/i.test(key) ? key : code.replace(/^Key/, "")).toUpperCase();
}

/** The control keeps the error. */
function settle(wish: Promise<void>): void {
  wish.catch(() => {});
}
