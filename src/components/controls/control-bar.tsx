"use client";
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

/** Names a part of a {@link ControlBar}. */
export type ControlName =
  /** The microphone button, with a menu: microphone, level, speaker, keyboard shortcuts. */
  | "microphone"
  /** The camera button, with a menu to select the camera. */
  | "camera"
  /** The button to share the screen; not rendered in a browser that cannot. */
  | "screen"
  /** The button to leave the call. */
  | "leave";

/** Accepts the props of a `fieldset`, too. Children are rendered before the button to leave. */
export interface ControlBarProps extends ComponentPropsWithoutRef<"fieldset"> {
  /** @default the call of the nearest `CallProvider` */
  call?: Call | undefined;
  /** @default the media of the nearest `CallProvider` */
  media?: LocalMedia | undefined;
  /**
   * The parts to show. Their order in the bar is fixed. Shortcuts of parts that are not shown are off.
   *
   * @default ["microphone", "camera", "screen", "leave"]
   */
  controls?: readonly ControlName[] | undefined;
  /** Called after leaving, also if signaling is unreachable. */
  onLeave?: (() => void) | undefined;
  /**
   * Enables {@link useCallShortcuts}. Users can turn the shortcuts off in the microphone menu.
   *
   * @default true
   */
  shortcuts?: boolean | undefined;
  /**
   * The speakers to choose from, in the microphone menu: the state from {@link useAudioOutputSelect}.
   * Give its `sinkId` to `CallAudio`.
   *
   * @default the state of the surrounding `CallRoom`, if there is one
   */
  audioOutput?: AudioOutputSelectState | undefined;
}

/**
 * Shows the controls of a call: a button and a menu for the microphone and for the camera, a button to
 * share the screen if the browser can, and a button to leave. `controls` selects the parts.
 *
 * A labelled group rather than a toolbar, so that each button is a Tab stop and needs no arrow keys.
 *
 * State: `data-status` of the call, `data-microphone` and `data-camera` as in their `status`,
 * `data-screen`, `data-push-to-talk` while the user holds Space to talk. `--twocan-control-size` sets
 * the size of the buttons.
 *
 * @example
 * <ControlBar call={call} media={media} onLeave={() => navigate("/")} />
 *
 * @example An audio call, below a `CallProvider`.
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
  const [isChecked, setIsChecked] = useState(true);
  const enabled = shortcuts && isChecked;
  const keys: Partial<typeof CALL_SHORTCUTS> = enabled ? CALL_SHORTCUTS : {};
  const [bar, setBar] = useState<HTMLFieldSetElement | null>(null);
  const bothRefs = useCallback(
    (node: HTMLFieldSetElement | null) => {
      setBar(node);
      if (typeof ref === "function") ref(node);
      else if (ref) ref.current = node;
    },
    [ref],
  );
  // Keys of the page that contains the bar, which may be a shadow root or a pop-out window.
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
          <MicrophoneButton media={media} aria-keyshortcuts={keys.microphone} />
          <DeviceMenu label={texts.microphone}>
            <DeviceSelect media={media} kind="audioinput" />
            {call.self.microphone && (
              <LevelMeter subject={call.self} key={media.microphone.deviceId} />
            )}
            <AudioOutputSelect audioOutput={audioOutput} />
            {shortcuts && <ShortcutsField checked={isChecked} onChange={setIsChecked} />}
          </DeviceMenu>
        </span>
      )}
      {shows("camera") && (
        <span data-twocan="control-split">
          <CameraButton media={media} aria-keyshortcuts={keys.camera} />
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

interface ShortcutsFieldProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
}

function ShortcutsField({ checked, onChange }: ShortcutsFieldProps) {
  const texts = useMessages().controlBar;
  return (
    <label data-twocan="control-bar-shortcuts">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      {texts.shortcuts}
    </label>
  );
}

const CONTROLS: readonly ControlName[] = ["microphone", "camera", "screen", "leave"];
