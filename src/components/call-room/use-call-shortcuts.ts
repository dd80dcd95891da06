"use client";
import { useEffect, useRef, useState } from "react";
import type { Call } from "../../core/call/call.ts";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { useCurrentMedia, useProvidedCall } from "../../react/call-provider.tsx";

/** Configures {@link useCallShortcuts}. */
export interface CallShortcutsOptions {
  /** @default the media of the nearest `CallProvider` */
  media?: LocalMedia | undefined;
  /**
   * If there is a call, the shortcuts work only while it is joining or joined.
   *
   * @default the call of the nearest `CallProvider`, if it has one
   */
  call?: Call | undefined;
  /**
   * Let users turn the shortcuts off: single keys interfere with speech input (WCAG 2.1.4).
   *
   * @default true
   */
  enabled?: boolean | undefined;
  /**
   * Which of `"microphone"` and `"camera"` have shortcuts.
   *
   * @default both
   */
  controls?: readonly string[] | undefined;
  /**
   * The element whose keys are handled. Give the container of the call if its buttons are not those
   * of twocan, or if it is in a shadow root or in another window. Of a shadow root or a document, all
   * keys are handled.
   *
   * @default the document of this script
   */
  target?: EventTarget | null | undefined;
}

/** Maps each device to its key, as a value for `aria-keyshortcuts`. */
export const CALL_SHORTCUTS = { microphone: "M", camera: "V" } as const;

const BOTH = ["microphone", "camera"];

/**
 * Elements in which a letter is a shortcut. A list of allowed elements, because an element with a
 * closed shadow root looks like any other element while the user types into it.
 */
const ALLOWS_LETTERS =
  "[data-twocan]:not(input, select, textarea), :is(button, a[href], summary):not([role]), [role=button], [role=link]";
/** Focused by script only, such as the region that replaces the pre-join form: Space does nothing there. */
const ALLOWS_SPACE = "[data-twocan][tabindex='-1']:not(button, input, select, textarea)";

/**
 * Handles the keyboard shortcuts of a call:
 *
 * - hold **Space**: unmutes the microphone until the key is released, or the window loses the focus
 * - **M**: turns the microphone on and off
 * - **V**: turns the camera on and off
 *
 * A key is a shortcut only if no element of the page has the focus, or if a button or another element
 * of the call has it (`[data-twocan]`, or `target`). Space is never a shortcut on a button. Keys with
 * modifiers, repeated keys, keys of an input method and keys with a prevented default are ignored. On
 * a keyboard layout without Latin letters, the position of the key counts.
 *
 * @returns `pushToTalk`: whether the microphone is on only while Space is held. Show and announce it.
 */
export function useCallShortcuts(options: CallShortcutsOptions = {}): { pushToTalk: boolean } {
  const { target, controls = BOTH } = options;
  const media = useCurrentMedia(options.media);
  const call = useProvidedCall(options.call);
  const status = call?.status;
  const off = status === "idle" || status === "left" || status === "failed";
  const enabled = (options.enabled ?? true) && !off;
  const [held, setHeld] = useState(false);
  // Keys arrive between renders, and act on the media of the latest one.
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
      ignoreFailure(latest.current.media.microphone.setEnabled(on));
    };

    const down = (event: Event) => {
      if (!isKey(event) || !isShortcut(event, target)) return;
      const { media: now, controls: shown } = latest.current;
      const microphone = shown.includes("microphone") ? now.microphone : undefined;
      const camera = shown.includes("camera") ? now.camera : undefined;
      if (event.key === " ") {
        // Only unmutes: a held key must not open a permission prompt for a device that was never on.
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
      ignoreFailure(control.toggle());
    };
    const up = ({ key }: KeyboardEvent) => {
      if (key === " ") talk(false);
    };
    const stop = () => talk(false);

    const page = pageOf(target);
    const view = page.defaultView ?? window;
    const place = target ?? page;
    place.addEventListener("keydown", down, { signal });
    // While no element has the focus, keys go to the body and not through a shadow root, so listen on
    // the page, too. A key that was handled in the shadow root also bubbles from its host to the page.
    // It is not handled twice, because its default is prevented.
    if (isPage(place) && "host" in place) page.addEventListener("keydown", down, { signal });
    // Captured at the window, so that the microphone is muted even if a handler stops the event. A
    // window that loses the focus receives no keyup, so blur mutes, too.
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
  // A window, a document, or the element that receives keys while no element has the focus.
  if (!at.ownerDocument || at === at.ownerDocument.body || at === at.ownerDocument.documentElement)
    return true;
  if (at === target) return true;
  const inCall = path.some(
    (one) =>
      (one === target && !isPage(one)) || (one as Partial<Element>).matches?.("[data-twocan]"),
  );
  return Boolean(inCall && at.matches?.(key === " " ? ALLOWS_SPACE : ALLOWS_LETTERS));
}

// Checked by members: objects of another window are not instances of the classes of this one.
const isKey = (event: Event): event is KeyboardEvent => "isComposing" in event;
/** Whether the target is a window, a document or a shadow root, and not an element. */
const isPage = (place: EventTarget) => !("matches" in place);

/** Returns the document of a target. */
function pageOf(target: EventTarget | null | undefined): Document {
  const around = (target as Node | null | undefined)?.ownerDocument ?? (target as Window)?.document;
  return around ?? (target && "createElement" in target ? (target as Document) : document);
}

/** Returns the Latin letter of a key. On a Hangul or Cyrillic layout, the letter at the same position. */
function letterOf({ key, code }: KeyboardEvent): string {
  return (/^[a-z]$/i.test(key) ? key : code.replace(/^Key/, "")).toUpperCase();
}

/** The device control keeps the error. */
function ignoreFailure(change: Promise<void>): void {
  change.catch(() => {});
}
