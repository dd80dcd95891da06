"use client";
/** Owns `usePreJoin`: the step before a call, from the question for the devices to the name, for markup of one's own. */
import {
  useEffect,
  useId,
  useMemo,
  useState,
  useSyncExternalStore,
  type ChangeEvent,
  type FormEvent,
  type MouseEvent,
} from "react";
import type { CallErrorCode } from "../../core/lib/errors.ts";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { fitName } from "../../core/signaling/names.ts";
import { NO_METADATA, type Participant } from "../../core/call/participants.ts";
import { useCurrentMedia } from "../../react/call-provider.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import type { Messages } from "../i18n/messages.ts";
import { focusedBeside } from "../own-document.ts";
import { browserFamily } from "./permission-help.ts";

/** What the step before a call needs. */
export interface PreJoinOptions {
  /** Default: those of the nearest `CallProvider`. */
  media?: LocalMedia | undefined;
  /** What the name field begins with. */
  name?: string | undefined;
  /** Called when the person joins; `name` is trimmed and not empty. */
  onJoin(details: { name: string }): void;
  /** Joining is under way: a second press does nothing. */
  joining?: boolean | undefined;
}

/** How far the question for camera and microphone is. `granted`: at least one of them is allowed, or both are switched off. */
export type PreJoinPermission =
  | "idle"
  | "prompting"
  | "granted"
  | "denied"
  | "dismissed"
  | "missing"
  | "busy"
  | "insecure"
  | "unsupported";

const PERMISSION_OF: Partial<Record<CallErrorCode, PreJoinPermission>> = {
  "permission-denied": "denied",
  "permission-dismissed": "dismissed",
  "device-missing": "missing",
  "constraints-unsatisfied": "missing",
  "insecure-context": "insecure",
  unsupported: "unsupported",
};

/** The step before a call at one moment. */
export type PreJoinState = ReturnType<typeof usePreJoin>;

/**
 * The state and the props of the step before a call. Media that wait (`autoStart: false`) start at
 * once where access is granted already, and otherwise with a press, by `permission.allowProps`.
 *
 * @example
 * const { formProps, nameProps, nameNoteProps, joinProps, permission } = usePreJoin({ media, onJoin: ({ name }) => setName(name) });
 * return (
 *   <form {...formProps}>
 *     <output>{permission.text}</output>
 *     {permission.allowProps && <button {...permission.allowProps} />}
 *     <label>Name <input {...nameProps} /></label>
 *     <output {...nameNoteProps} />
 *     <button {...joinProps} />
 *   </form>
 * );
 */
export function usePreJoin(options: PreJoinOptions) {
  const { name: initial = "", onJoin, joining = false } = options;
  const media = useCurrentMedia(options.media);
  const messages = useMessages();
  const texts = messages.preJoin;
  const [typed, setTyped] = useState(initial);
  const name = fitName(typed);
  const noteId = useId();
  const self = useSelf(media, name);
  const state = permissionOf(media);
  const family = useSyncExternalStore(nothingToWatch, thisBrowser, nobodyKnows);
  const blocked = [media.microphone, media.camera].some(({ status }) => status === "blocked");
  const prompting = state === "prompting";
  const { start } = media;
  // Only what waits from the beginning: media that are stopped later stay off.
  const [waits] = useState(state === "idle");
  useEffect(() => {
    // The media keep the error.
    if (waits) start({ prompt: false }).catch(() => undefined);
  }, [waits, start]);

  async function allow({ currentTarget }: MouseEvent<HTMLButtonElement>): Promise<void> {
    const { form } = currentTarget;
    // The media keeps the error, and this shows it.
    const started = await media.start().then(
      () => true,
      () => false,
    );
    if (!started || !form) return;
    const focused = focusedBeside(form);
    if (focused && focused !== currentTarget) return;
    // The button has done its work and goes: the next thing to do takes its place, not the top of the page.
    form.querySelector<HTMLElement>("input:invalid, [type=submit]")?.focus();
  }

  return {
    /** Oneself, as the others would see it: for a `VideoTile`. */
    self,
    permission: {
      state,
      /** What to do, in words; undefined when all is well. */
      text: textOf(media, state, messages),
      /** Where this browser keeps the permission; when it was refused, and where it is known. */
      help:
        family && (state === "denied" || (state === "granted" && blocked))
          ? messages.permissionHelp[family]
          : undefined,
      /** For the button that asks; undefined where there is nothing to ask for. */
      allowProps:
        state === "granted" || state === "insecure" || state === "unsupported"
          ? undefined
          : {
              type: "button" as const,
              // Not disabled, which would lose the focus while the browser asks.
              "aria-disabled": prompting,
              "aria-busy": prompting,
              onClick: (event: MouseEvent<HTMLButtonElement>) =>
                prompting ? undefined : void allow(event),
              children: state === "idle" || prompting ? texts.allow : texts.again,
            },
    },
    formProps: {
      onSubmit(event: FormEvent) {
        event.preventDefault();
        const trimmed = name.trim();
        if (!joining && trimmed) onJoin({ name: trimmed });
      },
    },
    nameProps: {
      value: name,
      "aria-describedby": noteId,
      onChange: (event: ChangeEvent<HTMLInputElement>) => setTyped(event.target.value),
      required: true,
      // More than spaces.
      pattern: ".*\\S.*",
      autoComplete: "name",
      enterKeyHint: "go" as const,
    },
    /** For an `<output>` below the field: says that the name was cut to the limit of a call. */
    nameNoteProps: { id: noteId, children: name === typed ? undefined : texts.nameCut },
    joinProps: {
      type: "submit" as const,
      "aria-disabled": joining,
      "aria-busy": joining,
      children: joining ? messages.joining : texts[state === "granted" ? "join" : "joinWithout"],
    },
  };
}

/** The same object until something in it changes, so that the tile does not render with every meter or prop. */
function useSelf(media: LocalMedia, name: string): Participant {
  const { stream, microphone, camera } = media;
  const hears = microphone.status === "on";
  const sees = camera.status === "on";
  const facingMode = camera.track?.getSettings().facingMode;
  return useMemo(
    () => ({
      id: "self",
      name: name.trim() || undefined,
      metadata: NO_METADATA,
      isSelf: true,
      status: "connected",
      stream,
      screen: undefined,
      microphone: hears,
      camera: sees,
      facingMode,
    }),
    [name, stream, hears, sees, facingMode],
  );
}

function permissionOf({ status, error }: LocalMedia): PreJoinPermission {
  if (status === "live") return "granted";
  if (status !== "failed") return status;
  return (error && PERMISSION_OF[error.code]) ?? "busy";
}

function textOf(media: LocalMedia, state: PreJoinPermission, messages: Messages) {
  const { preJoin: texts, errors } = messages;
  if (state === "idle" || state === "prompting") return texts[state];
  if (state !== "granted") return media.error && `${errors[media.error.code]} ${texts.listenOnly}`;
  const { microphone, camera } = media;
  if (isWell(microphone.status))
    return isWell(camera.status)
      ? undefined
      : `${messages.camera[camera.status]} ${texts.voiceOnly}`;
  return messages.microphone[microphone.status];
}

function isWell(status: LocalMedia["camera"]["status"]): status is "on" | "off" | "starting" {
  return ["on", "off", "starting"].includes(status);
}

// Read through a store for the reason given in use-screen-share-button.ts.
const nothingToWatch = () => () => {};
const nobodyKnows = () => undefined;
const thisBrowser = () => browserFamily(navigator);
