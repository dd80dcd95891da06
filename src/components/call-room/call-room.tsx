"use client";
import {
  forwardRef,
  useMemo,
  useState,
  useSyncExternalStore,
  type ComponentPropsWithoutRef,
  type ReactNode,
} from "react";
import type { Call, CallOptions } from "../../core/call/call.ts";
import {
  readPreferences,
  writePreferences,
  type CallPreferences,
} from "../../core/call/preferences.ts";
import type { LocalMedia, LocalMediaOptions } from "../../core/media/local-media.ts";
import { useCall } from "../../react/use-call.ts";
import { useLocalMedia } from "../../react/use-local-media.ts";
import type { ControlName } from "../controls/control-bar.tsx";
import { RoomSteps } from "./room-steps.tsx";

interface SharedProps extends Omit<ComponentPropsWithoutRef<"div">, "onError"> {
  /**
   * The arrangement of the tiles until the user selects another one:
   *
   * - `auto`: two participants as {@link OneToOneLayout}; with a shared screen, or more than five
   *   participants, as `speaker`; otherwise as `grid`
   * - `grid`: all tiles in a {@link VideoGrid}
   * - `speaker`: one large tile in a {@link SpeakerLayout}
   *
   * @default "auto"
   */
  layout?: "auto" | "grid" | "speaker" | undefined;
  /** Shown above every step: a title, a timer, an invitation. */
  header?: ReactNode | undefined;
  /**
   * The parts of the {@link ControlBar} to show.
   *
   * @default all parts
   */
  controls?: readonly ControlName[] | undefined;
  /**
   * Replaces the {@link ControlBar}; `null` removes it. The room does not call `onLeave` for a bar of
   * the application.
   */
  controlBar?: ReactNode | undefined;
  /**
   * Mirrors the local camera.
   *
   * @default true unless it is a rear camera
   */
  mirrored?: boolean | undefined;
  /** Called each time the call has entered its room. */
  onJoin?: (() => void) | undefined;
  /** Called after the user has left with the button of the room. */
  onLeave?: (() => void) | undefined;
  /**
   * Shows a {@link PreJoin} first and joins when the user submits it. With a given `call`, only while
   * that call is `idle`.
   *
   * @default true if the room creates the call, otherwise false
   */
  preJoin?: boolean | undefined;
}

/** The room creates its call, and its media unless they are given. */
interface NamedRoomProps
  extends
    SharedProps,
    Omit<CallOptions, "media" | "autoJoin">,
    Pick<LocalMediaOptions, "audio" | "video"> {
  /**
   * Called with each error of the call, and of the media that the room creates. If it throws, the error
   * is reported as uncaught and the call goes on.
   *
   * @default prints on the console in development
   */
  onError?: CallOptions["onError"] | undefined;
  /**
   * Used instead of media that the room creates. The application starts and stops them.
   *
   * @default media that the room creates
   */
  media?: LocalMedia | undefined;
  /**
   * Stores the entered name and the selected speaker for the next call on this device, see
   * {@link writePreferences}. If the room creates the media, it stores the selected devices, too, and
   * whether they are on. A given `name` is not stored. Set it to `false` for shared devices.
   *
   * @default true
   */
  remember?: boolean | undefined;
  call?: undefined;
}

/** The room shows a call that the application has created. */
interface GivenCallProps extends SharedProps {
  /** The snapshot of the call to show. */
  call: Call;
  /** The snapshot of the media of that call. The application starts and stops them. */
  media: LocalMedia;
  room?: undefined;
}

/** Requires either `room`, with the options of a call, or `call` and `media`. Accepts the props of a `div`, too. */
export type CallRoomProps = NamedRoomProps | GivenCallProps;

/**
 * Shows a whole call: the pre-join form, the tiles, the controls, and a page to join again after
 * leaving. Fills a container that has a height, otherwise the window. Children are rendered between
 * the tiles and the controls. In children, in `header` and in `controlBar`, the components and hooks
 * of this package use the call and the media of the room.
 *
 * The {@link PreJoin} starts the devices if permission is granted already, and asks for it otherwise.
 * Without a pre-join form the room asks when it joins. The room stops media that it has created after
 * leaving. Given media are left to the application.
 *
 * Inside a hidden `<Activity>` the room leaves the call, stops the media that it has created and plays
 * no sound. When it is shown again, it joins under the same name.
 *
 * State: `data-step` (`pre-join`, `call`, `left`, `failed`), `data-status` of the call, `data-view`
 * (`one-to-one`, `grid`, `speaker`).
 *
 * @example
 * <CallRoom room="standup" name="Mina" signaling={signaling} />
 *
 * @example A header, and a custom button to leave.
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
  return props.call ? <RoomSteps {...props} ref={ref} /> : <NamedRoom {...props} ref={ref} />;
});

interface OwnedCallProps extends NamedRoomProps {
  /** The stored preferences are known. Before that, and on a server, nothing starts. */
  ready: boolean;
  saved: CallPreferences;
}

const NamedRoom = forwardRef<HTMLDivElement, NamedRoomProps>(function NamedRoom(props, ref) {
  const { media, preJoin = true, remember = true } = props;
  // A server has no preferences, and the first render in the browser must match its markup.
  const ready = useSyncExternalStore(subscribeToNothing, isInBrowser, () => !remember);
  const saved = useMemo(() => (remember && ready ? readPreferences() : {}), [remember, ready]);
  const owned = { ...props, ref, preJoin, remember, ready, saved };
  const key = String(ready);
  return media ? (
    <RoomWithCall {...owned} key={key} media={media} />
  ) : (
    <RoomWithMedia {...owned} key={key} />
  );
});

const RoomWithMedia = forwardRef<HTMLDivElement, OwnedCallProps>(
  function RoomWithMedia(props, ref) {
    const { audio, video, onError, preJoin, ready, room, saved } = props;
    const autoStart = ready && !preJoin && Boolean(room);
    const media = useLocalMedia({ audio, video, initial: saved, autoStart, onError });
    return <RoomWithCall {...props} ref={ref} media={media} ownsMedia />;
  },
);

const RoomWithCall = forwardRef<
  HTMLDivElement,
  OwnedCallProps & { media: LocalMedia; ownsMedia?: boolean }
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
  const firstName = name ?? saved.name;
  const [enteredName, setEnteredName] = useState(firstName);
  // Without a room, joining fails at once and calls `onError`.
  const lacksRoom = !room;
  const call = useCall({
    room,
    media,
    name: preJoin ? enteredName : firstName,
    metadata,
    signaling,
    transport,
    iceServers,
    iceTransportPolicy,
    onError,
    autoJoin: ready && (lacksRoom || !preJoin),
  });
  return (
    <RoomSteps
      {...props}
      ref={ref}
      call={call}
      lacksRoom={lacksRoom}
      onName={(next) => {
        setEnteredName(next);
        if (remember && name === undefined) writePreferences({ name: next });
      }}
    />
  );
});

const subscribeToNothing = () => () => {};
const isInBrowser = () => true;
