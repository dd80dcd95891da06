"use client";
/** Owns the whole call in one line: the way in, the pictures, the controls, the way out and back. */
import GalleryThumbnails from "lucide-react/icons/gallery-thumbnails";
import {
  forwardRef,
  useCallback,
  useEffect,
  useId,
  useRef,
  useState,
  type ComponentPropsWithoutRef,
} from "react";
import type { Call, CallOptions } from "../core/call.ts";
import type { LocalMedia } from "../core/media.ts";
import { useCall } from "../react/use-call.ts";
import { useLocalMedia } from "../react/use-local-media.ts";
import { AudioOutlet } from "./audio-outlet.tsx";
import { CallAnnouncer } from "./call-announcer.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { ControlBar } from "./control-bar.tsx";
import { ControlButton } from "./control-button.tsx";
import { useMessages } from "./messages-context.tsx";
import { OneToOneLayout } from "./one-to-one-layout.tsx";
import { PreJoin } from "./pre-join.tsx";
import { SpeakerLayout } from "./speaker-layout.tsx";
import { useControlButton } from "./use-control-button.ts";
import { useAudioOutputSelect } from "./use-audio-output-select.ts";
import { VideoGrid } from "./video-grid.tsx";

interface SharedProps extends Omit<ComponentPropsWithoutRef<"div">, "onError"> {
  /**
   * How the pictures are laid out until the person chooses. `"auto"` (default): two people as such, a
   * shared screen or more than five people with one picture large, else a grid.
   */
  layout?: "auto" | "grid" | "speaker" | undefined;
  /** Called after the person has left by the button. */
  onLeave?: (() => void) | undefined;
  /**
   * First show a {@link PreJoin} and wait for the person to join. Default: `true` where the room
   * makes the call; else `false`, and only while the call that is given is `idle`.
   */
  preJoin?: boolean | undefined;
}

/** A room that makes its call, and its media where none are given. */
interface NamedRoomProps extends SharedProps, Omit<CallOptions, "media" | "autoJoin"> {
  media?: LocalMedia | undefined;
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
 * the pictures and the buttons: an invitation, say.
 *
 * Devices are asked for by the {@link PreJoin}, or on joining where there is none. Media that the room
 * has made are stopped after leaving; those that are given are yours to stop.
 *
 * State: `data-step` (`pre-join`, `call`, `left`, `failed`), `data-status` of the call, `data-view`
 * (`one-to-one`, `grid`, `speaker`).
 *
 * @example
 * <CallRoom room="standup" name="Mina" signaling={signaling} />
 */
export const CallRoom = forwardRef<HTMLDivElement, CallRoomProps>(function CallRoom(props, ref) {
  if (props.call) return <Room {...props} ref={ref} />;
  const { media, preJoin = true } = props;
  return media ? (
    <RoomWithCall {...props} ref={ref} media={media} preJoin={preJoin} />
  ) : (
    <RoomWithMedia {...props} ref={ref} preJoin={preJoin} />
  );
});

const RoomWithMedia = forwardRef<HTMLDivElement, NamedRoomProps>(
  function RoomWithMedia(props, ref) {
    const media = useLocalMedia({ autoStart: !props.preJoin });
    return <RoomWithCall {...props} ref={ref} media={media} ownsMedia />;
  },
);

const RoomWithCall = forwardRef<
  HTMLDivElement,
  NamedRoomProps & { media: LocalMedia; ownsMedia?: boolean }
>(function RoomWithCall(
  { room, name, metadata, signaling, iceServers, iceTransportPolicy, onError, ...props },
  ref,
) {
  const { media, preJoin } = props;
  const [chosen, setChosen] = useState(name);
  const call = useCall({
    room,
    media,
    name: preJoin ? chosen : name,
    metadata,
    signaling,
    iceServers,
    iceTransportPolicy,
    onError,
    autoJoin: !preJoin,
  });
  return <Room {...props} ref={ref} call={call} onName={setChosen} />;
});

interface RoomProps extends Omit<GivenCallProps, "room"> {
  ownsMedia?: boolean;
  /** The person has said who they are. */
  onName?: (name: string) => void;
}

const LAYOUTS = { "one-to-one": OneToOneLayout, grid: VideoGrid, speaker: SpeakerLayout };

const Room = forwardRef<HTMLDivElement, RoomProps>(function Room(
  { call, media, layout = "auto", onLeave, preJoin, ownsMedia, onName, children, ...props },
  ref,
) {
  const texts = useMessages();
  const id = useId();
  const { status, participants, self } = call;
  const [choice, setChoice] = useState<"grid" | "speaker">();
  const [returning, setReturning] = useState(false);
  const stopped = useRef(false);
  const audioOutput = useAudioOutputSelect(media);

  const step = returning ? "call" : stepOf(call, preJoin);
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

  useEffect(() => {
    if (step !== "left" || !ownsMedia || media.status === "idle") return;
    // Nobody is to see a camera's light after leaving.
    stopped.current = true;
    media.stop();
  }, [step, ownsMedia, media]);

  const join = async () => {
    setReturning(true);
    try {
      // Asked before joining, so that the others do not meet somebody without a face first.
      if (stopped.current) await media.start().catch(told);
      stopped.current = false;
      // Still in the room, where joining is done already: go out first.
      if (status === "failed" && participants.length > 0) await call.leave();
      await call.join();
    } catch {
      // It is in `call.error`, and shown.
    } finally {
      setReturning(false);
    }
  };

  return (
    <div
      {...props}
      ref={ref}
      data-twocan="call-room"
      data-step={step}
      data-status={status}
      data-view={shown}
    >
      {step === "pre-join" && (
        <div data-twocan="call-room-page">
          <PreJoin
            media={media}
            audioOutput={audioOutput}
            name={self.name}
            onJoin={({ name }) => {
              onName?.(name);
              void join();
            }}
          />
        </div>
      )}
      {(step === "left" || step === "failed") && (
        <div data-twocan="call-room-page">
          <p id={id} data-twocan="call-room-text" role={step === "failed" ? "alert" : undefined}>
            {step === "left"
              ? texts.left
              : call.error
                ? texts.errors[call.error.code]
                : texts.failed}
          </p>
          <button
            ref={land}
            type="button"
            data-twocan="call-room-button"
            aria-describedby={id}
            onClick={() => void join()}
          >
            {step === "left" ? texts.callRoom.rejoin : texts.callRoom.again}
          </button>
        </div>
      )}
      {step === "call" && (
        <>
          {/* Trying again is leaving and joining: here it is one thing, or the way out would be seen for a moment. */}
          <ConnectionBanner call={{ ...call, leave: nothing, join }} media={media} />
          <Layout
            ref={land}
            tabIndex={-1}
            call={isOut(status) ? { ...call, status: "joining" } : call}
            audio={false}
          />
          {/* Outside of what is swapped, so that no voice stops on the way. */}
          <AudioOutlet call={call} sinkId={audioOutput.sinkId} />
          <CallAnnouncer call={call} trouble={false} />
          {children}
          <ControlBar call={call} media={media} audioOutput={audioOutput} onLeave={onLeave}>
            {participants.length > 1 && (
              <ControlButton state={layoutButton} icon={<GalleryThumbnails aria-hidden="true" />} />
            )}
          </ControlBar>
        </>
      )}
    </div>
  );
});

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
    if (document.activeElement === document.body) landing.current?.focus({ preventScroll: true });
  }, [step]);
  return useCallback((element) => {
    landing.current = element;
  }, []);
}
