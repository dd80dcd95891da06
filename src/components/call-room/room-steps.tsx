"use client";
import { forwardRef, useState, type ComponentPropsWithoutRef, type ReactNode } from "react";
import type { Call } from "../../core/call/call.ts";
import type { CallPreferences } from "../../core/call/preferences.ts";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { CallProvider } from "../../react/call-provider.tsx";
import { useSavePreferences } from "../../react/use-save-preferences.ts";
import { AudioOutput, useAudioOutputSelect } from "../audio/use-audio-output-select.ts";
import type { ControlName } from "../controls/control-bar.tsx";
import { PreJoin } from "../pre-join/pre-join.tsx";
import { CallStep } from "./call-step.tsx";
import { EndedStep } from "./ended-step.tsx";
import { roomStep, roomView } from "./room-step.ts";
import { useLandingFocus } from "./use-landing-focus.ts";
import { useOnJoin, useRoomJoin } from "./use-room-join.ts";

interface RoomStepsProps extends Omit<ComponentPropsWithoutRef<"div">, "onError"> {
  call: Call;
  media: LocalMedia;
  layout?: "auto" | "grid" | "speaker" | undefined;
  header?: ReactNode | undefined;
  controls?: readonly ControlName[] | undefined;
  controlBar?: ReactNode | undefined;
  mirrored?: boolean | undefined;
  onJoin?: (() => void) | undefined;
  onLeave?: (() => void) | undefined;
  preJoin?: boolean | undefined;
  /** Undefined for a call that the application has created. `remember` and `onName` are, too. */
  saved?: CallPreferences;
  remember?: boolean | undefined;
  /** Receives the name that the user has entered. */
  onName?: (name: string) => void;
  ownsMedia?: boolean;
  /** `room` is empty, so joining fails. */
  lacksRoom?: boolean;
}

/** Shows the step of the room that the status of the call asks for. */
export const RoomSteps = forwardRef<HTMLDivElement, RoomStepsProps>(function RoomSteps(
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
    lacksRoom,
    onName,
    children,
    ...props
  },
  ref,
) {
  const { participants, self } = call;
  const [selectedView, setSelectedView] = useState<"grid" | "speaker">();
  const audioOutput = useAudioOutputSelect(media, { initial: saved?.speaker });
  const speaker = audioOutput.selectedDeviceId;
  useSavePreferences(remember ? { speaker, media: ownsMedia ? media : undefined } : {});

  const { joining, join } = useRoomJoin(call, media, { rejoins: onName !== undefined, ownsMedia });
  const step = lacksRoom ? "failed" : joining ? "call" : roomStep(call, preJoin);
  const landingRef = useLandingFocus(step);
  const view = roomView(call, participants.length > 1 ? (selectedView ?? layout) : layout);
  useOnJoin(call, onJoin);

  return (
    <CallProvider call={call} media={media}>
      <AudioOutput.Provider value={audioOutput}>
        <div
          {...props}
          ref={ref}
          data-twocan="call-room"
          data-step={step}
          data-status={call.status}
          data-view={view}
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
            <EndedStep call={call} lacksRoom={lacksRoom} landingRef={landingRef} join={join} />
          )}
          {step === "call" && (
            <CallStep
              call={call}
              view={view}
              onView={setSelectedView}
              sinkId={audioOutput.sinkId}
              mirrored={mirrored}
              controls={controls}
              controlBar={controlBar}
              onLeave={onLeave}
              landingRef={landingRef}
              join={join}
            >
              {children}
            </CallStep>
          )}
        </div>
      </AudioOutput.Provider>
    </CallProvider>
  );
});
