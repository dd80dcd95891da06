"use client";
import GalleryThumbnails from "lucide-react/icons/gallery-thumbnails";
import type { ReactNode, RefCallback } from "react";
import type { Call } from "../../core/call/call.ts";
import { CallAudio } from "../audio/call-audio.tsx";
import { ConnectionBanner } from "../connection/connection-banner.tsx";
import { ControlBar, type ControlName } from "../controls/control-bar.tsx";
import { ControlButton } from "../controls/control-button.tsx";
import { useControlButton } from "../controls/use-control-button.ts";
import { useMessages } from "../i18n/messages-context.tsx";
import { OneToOneLayout } from "../layouts/one-to-one-layout.tsx";
import { SpeakerLayout } from "../layouts/speaker-layout.tsx";
import { VideoGrid } from "../layouts/video-grid.tsx";
import { CallAnnouncer } from "./call-announcer.tsx";
import type { RoomView } from "./room-step.ts";

interface CallStepProps {
  call: Call;
  view: RoomView;
  onView: (view: "grid" | "speaker") => void;
  /** The speaker that plays the call. */
  sinkId: string;
  mirrored: boolean | undefined;
  controls: readonly ControlName[] | undefined;
  controlBar: ReactNode;
  onLeave: (() => void) | undefined;
  /** For the element that receives the focus. */
  landingRef: RefCallback<HTMLElement>;
  join: () => Promise<void>;
  children: ReactNode;
}

const LAYOUTS = { "one-to-one": OneToOneLayout, grid: VideoGrid, speaker: SpeakerLayout };

/** Shows the running call: problems, tiles, sound and controls. */
export function CallStep({
  call,
  view,
  onView,
  sinkId,
  mirrored,
  controls,
  controlBar,
  onLeave,
  landingRef,
  join,
  children,
}: CallStepProps) {
  const texts = useMessages();
  const Layout = LAYOUTS[view];
  const layoutButton = useControlButton({
    control: "layout",
    label: texts.callRoom.speakerView,
    hint: texts.callRoom.speakerView,
    status: view,
    pressed: view === "speaker",
    act: () => onView(view === "speaker" ? "grid" : "speaker"),
  });
  const hasEnded = call.status === "left" || call.status === "failed";
  return (
    <>
      <div data-twocan="call-room-notice">
        {/* `join` of the room leaves by itself. With two calls the step `left` would show for a moment. */}
        <ConnectionBanner call={{ ...call, leave: noop, join }} />
      </div>
      <Layout
        ref={landingRef}
        tabIndex={-1}
        call={hasEnded ? { ...call, status: "joining" } : call}
        audio={false}
        mirrored={mirrored}
      />
      {/* Outside of the layout, so that playback continues when the layout changes. */}
      <CallAudio sinkId={sinkId} />
      <CallAnnouncer trouble={false} />
      {children}
      {controlBar === undefined ? (
        <ControlBar controls={controls} onLeave={onLeave}>
          {call.participants.length > 1 && (
            <ControlButton state={layoutButton} icon={<GalleryThumbnails aria-hidden="true" />} />
          )}
        </ControlBar>
      ) : (
        controlBar
      )}
    </>
  );
}

const noop = async () => {};
