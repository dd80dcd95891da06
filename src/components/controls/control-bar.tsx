"use client";
/** Owns the row of buttons below a call, and its keys. */
import { forwardRef, useCallback, useState, type ComponentPropsWithoutRef } from "react";
import type { Call } from "../../core/call/call.ts";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { useCurrentCall, useCurrentMedia } from "../../react/call-provider.tsx";
import { CameraButton } from "./camera-button.tsx";
import { DeviceMenu } from "./device-menu.tsx";
import { DeviceSelect } from "./device-select.tsx";
import { LeaveButton } from "./leave-button.tsx";
import { LevelMeter } from "../audio/level-meter.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import { MicrophoneButton } from "./microphone-button.tsx";
import { ScreenShareButton } from "./screen-share-button.tsx";
import { AudioOutputSelect } from "../audio/audio-output-select.tsx";
import { CALL_SHORTCUTS, useCallShortcuts } from "../call-room/use-call-shortcuts.ts";
import {
  useProvidedAudioOutput,
  type AudioOutputSelectState,
} from "../audio/use-audio-output-select.ts";

/** A part of a {@link ControlBar}. */
export type ControlName =
  /** The switch of the microphone, and the menu beside it: devices, level, speaker, keys. */
  | "microphone"
  /** The switch of the camera, and the menu beside it. */
  | "camera"
  /** The button that shares the screen; none where the browser cannot. */
  | "screen"
  /** The button that leaves the call. */
  | "leave";

/** Props of {@link ControlBar}: these, and those of a `fieldset`. Children are more buttons, before the one that leaves. */
export interface ControlBarProps extends ComponentPropsWithoutRef<"fieldset"> {
  /** Default: that of the nearest `CallProvider`. */
  call?: Call | undefined;
  /** Default: those of the nearest `CallProvider`. */
  media?: LocalMedia | undefined;
  /**
   * What the bar shows, in its own order whatever the order here. The keys of what is not shown do
   * nothing. Default: `["microphone", "camera", "screen", "leave"]`.
   */
  controls?: readonly ControlName[] | undefined;
  /** Called after leaving, also where the signaling could not be told. */
  onLeave?: (() => void) | undefined;
  /** The keys of {@link useCallShortcuts}. Default `true`; a person can turn them off beside the microphone. */
  shortcuts?: boolean | undefined;
  /** The choice of the speaker, for the menu beside the microphone: see {@link useAudioOutputSelect}, whose `sinkId` is for the `CallAudio`. Default: that of the `CallRoom` around, if there is one. */
  audioOutput?: AudioOutputSelectState | undefined;
}

/**
 * Shows the buttons of a call: `microphone` and `camera`, each with a menu to choose the device;
 * `screen`, where the browser can share it; and `leave`. `controls` names those to show.
 *
 * A labelled group and no toolbar: every button is one Tab away, and no arrow key needs to be known.
 *
 * State: `data-status` of the call, `data-microphone` and `data-camera` as in their `status`,
 * `data-screen`, `data-push-to-talk` while one speaks by holding Space. `--twocan-control-size` is how
 * large the buttons are.
 *
 * @example
 * <ControlBar call={call} media={media} onLeave={() => navigate("/")} />
 *
 * @example A voice call, below a `CallProvider` that holds the call.
 * <ControlBar controls={["microphone", "leave"]} />
 */
export const ControlBar = forwardRef<HTMLFieldSetElement, ControlBarProps>(function ControlBar(
  {
    call: givenCall,
    media: givenMedia,
    audioOutput: givenOutput,
    controls = CONTROLS,
    onLeave,
    shortcuts = true,
    children,
    ...props
  },
  ref,
) {
  const call = useCurrentCall(givenCall);
  const media = useCurrentMedia(givenMedia);
  const audioOutput = useProvidedAudioOutput(givenOutput);
  const shows = (name: ControlName) => controls.includes(name);
  const texts = useMessages().controlBar;
  const [wanted, setWanted] = useState(true);
  const enabled = shortcuts && wanted;
  const [bar, setBar] = useState<HTMLFieldSetElement | null>(null);
  const bothRefs = useCallback(
    (node: HTMLFieldSetElement | null) => {
      setBar(node);
      if (typeof ref === "function") ref(node);
      else if (ref) ref.current = node;
    },
    [ref],
  );
  // Keys of the page that the bar is in: it may be in a shadow root or in a pop-out window.
  const { pushToTalk } = useCallShortcuts({
    call,
    media,
    controls,
    enabled: enabled && bar !== null,
    target: bar?.getRootNode(),
  });
  return (
    <fieldset
      aria-label={texts.label}
      {...props}
      ref={bothRefs}
      data-twocan="control-bar"
      data-status={call.status}
      data-microphone={media.microphone.status}
      data-camera={media.camera.status}
      data-screen={media.screen ? "on" : "off"}
      data-push-to-talk={pushToTalk}
    >
      <output data-twocan="control-bar-note">{pushToTalk && texts.pushToTalk}</output>
      {shows("microphone") && (
        <span data-twocan="control-split">
          <MicrophoneButton
            media={media}
            aria-keyshortcuts={enabled ? CALL_SHORTCUTS.microphone : undefined}
          />
          <DeviceMenu label={texts.microphone}>
            <DeviceSelect media={media} kind="audioinput" />
            {call.self.microphone && (
              <LevelMeter subject={call.self} key={media.microphone.deviceId} />
            )}
            <AudioOutputSelect audioOutput={audioOutput} />
            {shortcuts && (
              <label data-twocan="control-bar-shortcuts">
                <input
                  type="checkbox"
                  checked={wanted}
                  onChange={(event) => setWanted(event.target.checked)}
                />
                {texts.shortcuts}
              </label>
            )}
          </DeviceMenu>
        </span>
      )}
      {shows("camera") && (
        <span data-twocan="control-split">
          <CameraButton
            media={media}
            aria-keyshortcuts={enabled ? CALL_SHORTCUTS.camera : undefined}
          />
          <DeviceMenu label={texts.camera}>
            <DeviceSelect media={media} kind="videoinput" />
          </DeviceMenu>
        </span>
      )}
      {shows("screen") && <ScreenShareButton media={media} />}
      {children}
      {shows("leave") && <LeaveButton call={call} onLeave={onLeave} />}
    </fieldset>
  );
});

const CONTROLS: readonly ControlName[] = ["microphone", "camera", "screen", "leave"];
