"use client";
/** Owns the whole call in one line: the way in, the pictures, the controls, the way out and back. */
import GalleryThumbnails from "lucide-react/icons/gallery-thumbnails";
import {
  forwardRef,
  useCallback,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
  type ComponentPropsWithoutRef,
  type ReactNode,
} from "react";
import type { Call, CallOptions } from "../../core/call/call.ts";
import type { LocalMedia, LocalMediaOptions } from "../../core/media/local-media.ts";
import {
  readPreferences,
  writePreferences,
  type CallPreferences,
} from "../../core/call/preferences.ts";
import { CallProvider } from "../../react/call-provider.tsx";
import { useCall } from "../../react/use-call.ts";
import { useLocalMedia } from "../../react/use-local-media.ts";
import { useSavePreferences } from "../../react/use-save-preferences.ts";
import { CallAudio } from "../audio/call-audio.tsx";
import { CallAnnouncer } from "./call-announcer.tsx";
import { ConnectionBanner } from "../connection/connection-banner.tsx";
import { ControlBar, type ControlName } from "../controls/control-bar.tsx";
import { ControlButton } from "../controls/control-button.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import { OneToOneLayout } from "../layouts/one-to-one-layout.tsx";
import { focusedBeside } from "../own-document.ts";
import { PreJoin } from "../pre-join/pre-join.tsx";
import { SpeakerLayout } from "../layouts/speaker-layout.tsx";
import { useControlButton } from "../controls/use-control-button.ts";
import { AudioOutput, useAudioOutputSelect } from "../audio/use-audio-output-select.ts";
import { VideoGrid } from "../layouts/video-grid.tsx";

interface SharedProps extends Omit<ComponentPropsWithoutRef<"div">, "onError"> {
  /**
   * How the pictures are laid out until the person chooses. `"auto"` (default): two people as such, a
   * shared screen or more than five people with one picture large, else a grid.
   */
  layout?: "auto" | "grid" | "speaker" | undefined;
  /** Shown above every step: a title, a timer, an invitation. */
  header?: ReactNode | undefined;
  /** What the {@link ControlBar} shows. Default: everything. */
  controls?: readonly ControlName[] | undefined;
  /** Replaces the {@link ControlBar}; `null` shows none. What it calls on leaving is its own: `onLeave` is not called. */
  controlBar?: ReactNode | undefined;
  /** Whether one's own camera is shown like a mirror. Default: by its direction, as in {@link VideoTile}. */
  mirrored?: boolean | undefined;
  /** Called after the person has joined, each time. */
  onJoin?: (() => void) | undefined;
  /** Called after the person has left by the button. */
  onLeave?: (() => void) | undefined;
  /**
   * First show a {@link PreJoin} and wait for the person to join. Default: `true` where the room
   * makes the call; else `false`, and only while the call that is given is `idle`.
   */
  preJoin?: boolean | undefined;
}

/** A room that makes its call, and its media where none are given. */
interface NamedRoomProps
  extends
    SharedProps,
    Omit<CallOptions, "media" | "autoJoin">,
    Pick<LocalMediaOptions, "audio" | "video"> {
  media?: LocalMedia | undefined;
  /**
   * Remember the person's name and speaker for the next call on this device, and of the media that the
   * room makes the devices and whether they are on, as {@link writePreferences} does. A name that is
   * given is not remembered. Default `true`; `false` where several people share a device.
   */
  remember?: boolean | undefined;
  call?: undefined;
}

/** A room for a call that was made elsewhere. */
interface GivenCallProps extends SharedProps {
  call: Call;
  media: LocalMedia;
  room?: undefined;
}

/** Props of {@link CallRoom}: either `room` with what a call needs, or `call` and `media`; and those of a `div`. */
export type CallRoomProps = NamedRoomProps | GivenCallProps;

/**
 * The whole call. It fills a container that has a height, else the window. Children stand between
 * the pictures and the buttons: an invitation, say. In them, in `header` and in `controlBar`, components
 * and hooks of this package need neither `call` nor `media`.
 *
 * The {@link PreJoin} turns the devices on at once where access is granted already, and asks otherwise;
 * where there is none, they are asked for on joining. Media that the room has made are stopped after
 * leaving; those that are given are yours to stop.
 *
 * A hidden `<Activity>` leaves the room, stops the media that the room has made and plays no voices.
 * Shown again, it joins again under the same name.
 *
 * State: `data-step` (`pre-join`, `call`, `left`, `failed`), `data-status` of the call, `data-view`
 * (`one-to-one`, `grid`, `speaker`).
 *
 * @example
 * <CallRoom room="standup" name="Mina" signaling={signaling} />
 *
 * @example A header, and a bar of one's own.
 * <CallRoom
 *   room={room}
 *   header={<h1>Stand-up</h1>}
 *   controlBar={
 *     <ControlBar controls={["microphone", "camera"]}>
 *       <HangUpButton />
 *     </ControlBar>
 *   }
 * />
 *
 * function HangUpButton() {
 *   const call = useCurrentCall();
 *   return <button onClick={() => call.leave()}>Hang up</button>;
 * }
 */
export const CallRoom = forwardRef<HTMLDivElement, CallRoomProps>(function CallRoom(props, ref) {
  return props.call ? <Room {...props} ref={ref} /> : <NamedRoom {...props} ref={ref} />;
});

/** What a room that makes its call knows before it does. */
interface MadeRoomProps extends NamedRoomProps {
  /** Nothing starts on the server, nor before the page knows what is remembered. */
  ready: boolean;
  saved: CallPreferences;
}

const NamedRoom = forwardRef<HTMLDivElement, NamedRoomProps>(function NamedRoom(props, ref) {
  const { media, preJoin = true, remember = true } = props;
  // A server knows nothing of this device. The first render in the browser has to agree with its page.
  const ready = useSyncExternalStore(nothingToWatch, inBrowser, () => !remember);
  const saved = useMemo(() => (remember && ready ? readPreferences() : {}), [remember, ready]);
  const made = { ...props, ref, preJoin, remember, ready, saved };
  const key = String(ready);
  return media ? (
    <RoomWithCall {...made} key={key} media={media} />
  ) : (
    <RoomWithMedia {...made} key={key} />
  );
});

const RoomWithMedia = forwardRef<HTMLDivElement, MadeRoomProps>(function RoomWithMedia(props, ref) {
  const { audio, video, preJoin, ready, room, saved } = props;
  const autoStart = ready && !preJoin && Boolean(room);
  const media = useLocalMedia({ audio, video, initial: saved, autoStart });
  return <RoomWithCall {...props} ref={ref} media={media} ownsMedia />;
});

const RoomWithCall = forwardRef<
  HTMLDivElement,
  MadeRoomProps & { media: LocalMedia; ownsMedia?: boolean }
>(function RoomWithCall(
  {
    room,
    name,
    metadata,
    signaling,
    transport,
    iceServers,
    iceTransportPolicy,
    onError,
    audio: _audio,
    video: _video,
    ready,
    ...props
  },
  ref,
) {
  const { media, preJoin, remember, saved } = props;
  const first = name ?? saved.name;
  const [chosen, setChosen] = useState(first);
  // Without a room, joining fails at once, and `onError` is called.
  const nowhere = !room;
  const call = useCall({
    room,
    media,
    name: preJoin ? chosen : first,
    metadata,
    signaling,
    transport,
    iceServers,
    iceTransportPolicy,
    onError,
    autoJoin: ready && (nowhere || !preJoin),
  });
  return (
    <Room
      {...props}
      ref={ref}
      call={call}
      nowhere={nowhere}
      onName={(next) => {
        setChosen(next);
        if (remember && name === undefined) writePreferences({ name: next });
      }}
    />
  );
});

interface RoomProps extends Omit<GivenCallProps, "room"> {
  /** Undefined for a call that was made elsewhere. */
  saved?: CallPreferences;
  remember?: boolean | undefined;
  ownsMedia?: boolean;
  /** No room was named. */
  nowhere?: boolean;
  /** The person has said who they are. */
  onName?: (name: string) => void;
}

const LAYOUTS = { "one-to-one": OneToOneLayout, grid: VideoGrid, speaker: SpeakerLayout };

const Room = forwardRef<HTMLDivElement, RoomProps>(function Room(
  {
    call,
    media,
    layout = "auto",
    header,
    controls,
    controlBar,
    mirrored,
    onJoin,
    onLeave,
    preJoin,
    saved,
    remember,
    ownsMedia,
    nowhere,
    onName,
    children,
    ...props
  },
  ref,
) {
  const texts = useMessages();
  const { status, participants, self } = call;
  const [choice, setChoice] = useState<"grid" | "speaker">();
  const audioOutput = useAudioOutputSelect(media, { initial: saved?.speaker });
  const speaker = audioOutput.selectedDeviceId;
  useSavePreferences(remember ? { speaker, media: ownsMedia ? media : undefined } : {});

  const { returning, join } = useJoin(call, media, { returns: onName !== undefined, ownsMedia });
  const step = nowhere ? "failed" : returning ? "call" : stepOf(call, preJoin);
  const land = useLandingFocus(step);
  const shown = layoutOf(call, participants.length > 1 ? (choice ?? layout) : layout);
  const Layout = LAYOUTS[shown];
  const layoutButton = useControlButton({
    control: "layout",
    label: texts.callRoom.speakerView,
    hint: texts.callRoom.speakerView,
    status: shown,
    pressed: shown === "speaker",
    act: () => setChoice(shown === "speaker" ? "grid" : "speaker"),
  });
  useOnJoin(call, onJoin);

  return (
    <CallProvider call={call} media={media}>
      <AudioOutput.Provider value={audioOutput}>
        <div
          {...props}
          ref={ref}
          data-twocan="call-room"
          data-step={step}
          data-status={status}
          data-view={shown}
        >
          {header !== undefined && <div data-twocan="call-room-header">{header}</div>}
          {step === "pre-join" && (
            <div data-twocan="call-room-page">
              <PreJoin
                name={self.name}
                mirrored={mirrored}
                onJoin={({ name }) => {
                  onName?.(name);
                  void join();
                }}
              />
            </div>
          )}
          {(step === "left" || step === "failed") && (
            <OutPage call={call} nowhere={nowhere} land={land} join={join} />
          )}
          {step === "call" && (
            <>
              <div data-twocan="call-room-notice">
                {/* Trying again is leaving and joining: here it is one thing, or the way out would be seen for a moment. */}
                <ConnectionBanner call={{ ...call, leave: nothing, join }} />
              </div>
              <Layout
                ref={land}
                tabIndex={-1}
                call={isOut(status) ? { ...call, status: "joining" } : call}
                audio={false}
                mirrored={mirrored}
              />
              {/* Outside of what is swapped, so that no voice stops on the way. */}
              <CallAudio sinkId={audioOutput.sinkId} />
              <CallAnnouncer trouble={false} />
              {children}
              {controlBar === undefined ? (
                <ControlBar controls={controls} onLeave={onLeave}>
                  {participants.length > 1 && (
                    <ControlButton
                      state={layoutButton}
                      icon={<GalleryThumbnails aria-hidden="true" />}
                    />
                  )}
                </ControlBar>
              ) : (
                controlBar
              )}
            </>
          )}
        </div>
      </AudioOutput.Provider>
    </CallProvider>
  );
});

interface OutPageProps {
  call: Call;
  nowhere: boolean | undefined;
  /** Takes the focus. */
  land: (element: HTMLElement | null) => void;
  join: () => Promise<void>;
}

/** Why the person is not in the call, and the way back where there is one. */
function OutPage({ call: { status, error }, nowhere, land, join }: OutPageProps) {
  const texts = useMessages();
  const id = useId();
  const left = status === "left" && !nowhere;
  const code = nowhere ? "room-invalid" : error?.code;
  return (
    <div data-twocan="call-room-page">
      <p id={id} data-twocan="call-room-text" role={left ? undefined : "alert"}>
        {left ? texts.left : code ? texts.errors[code] : texts.failed}
      </p>
      {code === "room-invalid" ? (
        // Joining again would fail again. What to change is for who writes the application.
        isDevelopment() && <p data-twocan="call-room-detail">{error?.message ?? NO_ROOM}</p>
      ) : (
        <button
          ref={land}
          type="button"
          data-twocan="call-room-button"
          aria-describedby={id}
          onClick={() => void join()}
        >
          {left ? texts.callRoom.rejoin : texts.callRoom.again}
        </button>
      )}
    </div>
  );
}

/** Bundlers replace `process.env.NODE_ENV`. In a page without one there is no `process`. */
function isDevelopment(): boolean {
  try {
    return process.env.NODE_ENV !== "production";
  } catch {
    return false;
  }
}

const NO_ROOM =
  "<CallRoom> needs `room`, and it is empty. Where it comes from the address, for example `location.hash.slice(1)`, put a name there first: `createRoomId()` makes one.";

type Step = "pre-join" | "call" | "left" | "failed";

function stepOf({ status, participants }: Call, preJoin: boolean | undefined): Step {
  if (status === "idle" && preJoin) return "pre-join";
  if (status === "left") return "left";
  // With somebody there whom no way leads to, others may still come.
  return status === "failed" && participants.length === 0 ? "failed" : "call";
}

function layoutOf({ participants }: Call, wish: "auto" | "grid" | "speaker"): keyof typeof LAYOUTS {
  if (wish !== "auto") return wish;
  if (participants.length > 4 || participants.some(({ screen }) => screen)) return "speaker";
  return participants.length < 2 ? "one-to-one" : "grid";
}

/**
 * Joins, and joins again, as one step of the room: `returning` meanwhile. Media of the room's own are off
 * after leaving, and on again with the next join.
 */
function useJoin(
  call: Call,
  media: LocalMedia,
  { returns, ownsMedia }: { returns: boolean; ownsMedia: boolean | undefined },
) {
  const { status, participants } = call;
  const [returning, setReturning] = useState(false);
  /** The media were on, and are to be on again. */
  const wereOn = useRef(false);
  const wasIn = useRef(false);

  const left = status === "left" && !returning;
  useEffect(() => {
    if (!left || !ownsMedia || media.status === "idle") return;
    // Nobody is to see a camera's light after leaving.
    wereOn.current = true;
    media.stop();
  }, [left, ownsMedia, media]);

  const join = async () => {
    setReturning(true);
    try {
      // Asked before joining, so that the others do not meet somebody without a face first.
      if (wereOn.current) await media.start().catch(told);
      wereOn.current = false;
      // Still in the room, where joining is done already: go out first.
      if (status === "failed" && participants.length > 0) await call.leave();
      await call.join();
    } catch {
      // It is in `call.error`, and shown.
    } finally {
      setReturning(false);
    }
  };

  useVisibility(
    () => {
      wasIn.current = returns && (returning || stepOf(call, true) === "call");
      wereOn.current ||= wasIn.current && ownsMedia === true && media.status !== "idle";
      // Now, so that the page shown after leaving is not seen when the room is shown again.
      if (wasIn.current) setReturning(true);
    },
    () => {
      if (wasIn.current) void join();
    },
  );
  return { returning, join };
}

/** Calls `onJoin` each time the call gets into its room. */
function useOnJoin({ signaling }: Call, onJoin: (() => void) | undefined): void {
  const isIn = signaling !== undefined;
  const wasIn = useRef(isIn);
  useEffect(() => {
    if (isIn && !wasIn.current) onJoin?.();
    wasIn.current = isIn;
  }, [isIn, onJoin]);
}

/**
 * Calls `onHidden` after a hidden `<Activity>` has unmounted the effects, and `onShown` when it shows
 * them again. StrictMode, which unmounts and mounts effects within one task,
 * calls neither. Hidden by a `<Suspense>`, both are called although the effects stay.
 */
function useVisibility(onHidden: () => void, onShown: () => void): void {
  const latest = useRef({ onHidden, onShown });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const hidden = useRef(false);
  useEffect(() => {
    latest.current = { onHidden, onShown };
  });
  useEffect(() => {
    clearTimeout(timer.current);
    if (hidden.current) latest.current.onShown();
    hidden.current = false;
    return () => {
      timer.current = setTimeout(() => {
        hidden.current = true;
        latest.current.onHidden();
      });
    };
  }, []);
}

const nothingToWatch = () => () => {};
const inBrowser = () => true;

const isOut = (status: Call["status"]) => status === "left" || status === "failed";

/** For promises whose failure the call or the media keeps. */
const told = () => undefined;
const nothing = async () => {};

/**
 * Where the focus goes when what is on the screen is replaced, and it would be at the top of the
 * page: for the ref of an element in the new step. It stays with somebody who works elsewhere on the page.
 */
function useLandingFocus(step: Step): (element: HTMLElement | null) => void {
  const landing = useRef<HTMLElement | null>(null);
  const former = useRef(step);
  useEffect(() => {
    if (former.current === step) return;
    former.current = step;
    const element = landing.current;
    if (element && !focusedBeside(element)) element.focus({ preventScroll: true });
  }, [step]);
  return useCallback((element) => {
    landing.current = element;
  }, []);
}
