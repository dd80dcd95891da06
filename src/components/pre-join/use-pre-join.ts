"use client";
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

/** Configures {@link usePreJoin}. */
export interface PreJoinOptions {
  /** @default the media of the nearest `CallProvider` */
  media?: LocalMedia | undefined;
  /** The initial value of the name field. */
  name?: string | undefined;
  /** Called when the user joins. `name` is trimmed and not empty. */
  onJoin(details: { name: string }): void;
  /** Set it to `true` while joining is under way. The button to join then does nothing. */
  joining?: boolean | undefined;
}

/** The state of the access to camera and microphone. */
export type PreJoinPermission =
  /** Access was not requested yet. */
  | "idle"
  /** The permission prompt is open. */
  | "prompting"
  /** At least one of the devices is allowed, or both are turned off. */
  | "granted"
  /** The user, the browser or the system denied access. */
  | "denied"
  /** The user closed the prompt without an answer. */
  | "dismissed"
  /** There is no suitable device. */
  | "missing"
  /** Another application uses the devices, or they could not be started. */
  | "busy"
  /** The page is not in a secure context, so the browser has no devices. */
  | "insecure"
  /** The browser has no access to devices. */
  | "unsupported";

const PERMISSION_OF: Partial<Record<CallErrorCode, PreJoinPermission>> = {
  "permission-denied": "denied",
  "permission-dismissed": "dismissed",
  "device-missing": "missing",
  "constraints-unsatisfied": "missing",
  "insecure-context": "insecure",
  unsupported: "unsupported",
};

/** The state of the form before a call, with the props of its elements. */
export interface PreJoinState {
  /** The local participant as others will see it, for a `VideoTile`. */
  readonly self: Participant;
  readonly permission: {
    readonly state: PreJoinPermission;
    /** Explains what to do; undefined if nothing needs to be done. */
    readonly text: string | undefined;
    /** After a denial, explains where this browser keeps the permission, if that is known. */
    readonly help: string | undefined;
    /** The props of the button that opens the permission prompt; undefined if it cannot help. */
    readonly allowProps:
      | {
          readonly type: "button";
          readonly "aria-disabled": boolean;
          readonly "aria-busy": boolean;
          onClick(event: MouseEvent<HTMLButtonElement>): void;
          readonly children: string;
        }
      | undefined;
  };
  readonly formProps: { onSubmit(event: FormEvent): void };
  /** The props of the `<input>` of the name. */
  readonly nameProps: {
    readonly value: string;
    readonly "aria-describedby": string;
    onChange(event: ChangeEvent<HTMLInputElement>): void;
    readonly required: true;
    readonly pattern: string;
    readonly autoComplete: string;
    readonly enterKeyHint: "go";
  };
  /** The props of an `<output>` below the input, which reports a name that was cut to the maximum length. */
  readonly nameNoteProps: { readonly id: string; readonly children: string | undefined };
  /** The props of the submit button. */
  readonly joinProps: {
    readonly type: "submit";
    readonly "aria-disabled": boolean;
    readonly "aria-busy": boolean;
    readonly children: string;
  };
}

/**
 * Returns the state and the props of the form before a call. Media with `autoStart: false` start at
 * once if permission is granted already. Otherwise `permission.allowProps` starts them on a click.
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
export function usePreJoin(options: PreJoinOptions): PreJoinState {
  const { name: initial = "", onJoin, joining = false } = options;
  const media = useCurrentMedia(options.media);
  const messages = useMessages();
  const texts = messages.preJoin;
  const [typed, setTyped] = useState(initial);
  const name = fitName(typed);
  const noteId = useId();
  const self = useSelf(media, name);
  const state = permissionOf(media);
  useStartIfGranted(media, state);

  return {
    self,
    permission: {
      state,
      text: textOf(media, state, messages),
      help: useHelp(media, state, messages),
      allowProps: allowPropsOf(media, state, texts),
    },
    formProps: {
      onSubmit(event) {
        event.preventDefault();
        const trimmed = name.trim();
        if (!joining && trimmed) onJoin({ name: trimmed });
      },
    },
    nameProps: {
      value: name,
      "aria-describedby": noteId,
      onChange: (event) => setTyped(event.target.value),
      required: true,
      // Rejects a name of spaces.
      pattern: ".*\\S.*",
      autoComplete: "name",
      enterKeyHint: "go",
    },
    nameNoteProps: { id: noteId, children: name === typed ? undefined : texts.nameCut },
    joinProps: {
      type: "submit",
      "aria-disabled": joining,
      "aria-busy": joining,
      children: joining ? messages.joining : texts[state === "granted" ? "join" : "joinWithout"],
    },
  };
}

/** Starts idle media without a prompt. Media that are stopped later stay off. */
function useStartIfGranted({ start }: LocalMedia, state: PreJoinPermission): void {
  const [wasIdle] = useState(state === "idle");
  useEffect(() => {
    // The media keep the error.
    if (wasIdle) start({ prompt: false }).catch(() => undefined);
  }, [wasIdle, start]);
}

function useHelp(
  { microphone, camera }: LocalMedia,
  state: PreJoinPermission,
  { permissionHelp }: Messages,
): string | undefined {
  const family = useSyncExternalStore(subscribeToNothing, currentBrowser, unknownBrowser);
  const isBlocked = microphone.status === "blocked" || camera.status === "blocked";
  const wasDenied = state === "denied" || (state === "granted" && isBlocked);
  return family && wasDenied ? permissionHelp[family] : undefined;
}

function allowPropsOf(
  media: LocalMedia,
  state: PreJoinPermission,
  texts: Messages["preJoin"],
): PreJoinState["permission"]["allowProps"] {
  if (state === "granted" || state === "insecure" || state === "unsupported") return undefined;
  const prompting = state === "prompting";
  return {
    type: "button",
    // Not `disabled`, which would lose the focus while the prompt is open.
    "aria-disabled": prompting,
    "aria-busy": prompting,
    onClick: (event) => {
      if (!prompting) void allow(media, event.currentTarget);
    },
    children: state === "idle" || prompting ? texts.allow : texts.again,
  };
}

async function allow(media: LocalMedia, button: HTMLButtonElement): Promise<void> {
  const { form } = button;
  // The media keep the error, and the form shows it.
  const started = await media.start().then(
    () => true,
    () => false,
  );
  if (!started || !form) return;
  const focused = focusedBeside(form);
  if (focused && focused !== button) return;
  // The button is removed, and the focus would go to the top of the page. Move it to the next field.
  form.querySelector<HTMLElement>("input:invalid, [type=submit]")?.focus();
}

/** Returns the same object until a value in it changes, so that the memoized tile does not render. */
function useSelf(media: LocalMedia, name: string): Participant {
  const { stream, microphone, camera } = media;
  const microphoneOn = microphone.status === "on";
  const cameraOn = camera.status === "on";
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
      microphone: microphoneOn,
      camera: cameraOn,
      facingMode,
    }),
    [name, stream, microphoneOn, cameraOn, facingMode],
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
  if (isWorking(microphone.status))
    return isWorking(camera.status)
      ? undefined
      : `${messages.camera[camera.status]} ${texts.voiceOnly}`;
  return messages.microphone[microphone.status];
}

function isWorking(status: LocalMedia["camera"]["status"]): status is "on" | "off" | "starting" {
  return ["on", "off", "starting"].includes(status);
}

// The browser never changes, but it is known only in the browser. A store lets the first render in the
// browser match the markup of the server.
const subscribeToNothing = () => () => {};
const unknownBrowser = () => undefined;
const currentBrowser = () => browserFamily(navigator);
