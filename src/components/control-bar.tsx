"use client";
/** Owns the row of buttons below a call, and its keys. */
import { forwardRef, useState, type ComponentPropsWithoutRef } from "react";
import type { Call } from "../core/call.ts";
import type { LocalMedia } from "../core/media.ts";
import { CameraButton } from "./camera-button.tsx";
import { DeviceMenu } from "./device-menu.tsx";
import { DeviceSelect } from "./device-select.tsx";
import { LeaveButton } from "./leave-button.tsx";
import { LevelMeter } from "./level-meter.tsx";
import { useMessages } from "./messages-context.tsx";
import { MicrophoneButton } from "./microphone-button.tsx";
import { ScreenShareButton } from "./screen-share-button.tsx";
import { AudioOutputSelect } from "./audio-output-select.tsx";
import { CALL_SHORTCUTS, useCallShortcuts } from "./use-call-shortcuts.ts";
import type { AudioOutputSelectState } from "./use-audio-output-select.ts";

/** Props of {@link ControlBar}: these, and those of a `fieldset`. Children are more buttons, before the last one. */
export interface ControlBarProps extends ComponentPropsWithoutRef<"fieldset"> {
  call: Call;
  media: LocalMedia;
  /** Called after leaving, also where the signaling could not be told. */
  onLeave?: (() => void) | undefined;
  /** The keys of {@link useCallShortcuts}. Default `true`; a person can turn them off beside the microphone. */
  shortcuts?: boolean | undefined;
  /** The choice of the speaker, for the menu beside the microphone: see {@link useAudioOutputSelect}, whose `sinkId` is for the `AudioOutlet`. Default: none. */
  audioOutput?: AudioOutputSelectState | undefined;
}

/**
 * Microphone and camera, each with a menu to choose the device; screen, where the browser can share
 * it; the way out.
 *
 * A labelled group and no toolbar: every button is one Tab away, and no arrow key needs to be known.
 *
 * State: `data-status` of the call, `data-microphone` and `data-camera` as in their `status`,
 * `data-screen`, `data-push-to-talk` while one speaks by holding Space. `--twocan-control-size` is how
 * large the buttons are.
 *
 * @example
 * <ControlBar call={call} media={media} onLeave={() => navigate("/")} />
 */
export const ControlBar = forwardRef<HTMLFieldSetElement, ControlBarProps>(function ControlBar(
  { call, media, onLeave, shortcuts = true, audioOutput, children, ...props },
  ref,
) {
  const texts = useMessages().controlBar;
  const [wanted, setWanted] = useState(true);
  const enabled = shortcuts && wanted;
  const { pushToTalk } = useCallShortcuts({ call, media, enabled });
  return (
    <fieldset
      aria-label={texts.label}
      {...props}
      ref={ref}
      data-twocan="control-bar"
      data-status={call.status}
      data-microphone={media.microphone.status}
      data-camera={media.camera.status}
      data-screen={media.screen ? "on" : "off"}
      data-push-to-talk={pushToTalk}
    >
      <output data-twocan="control-bar-note">{pushToTalk && texts.pushToTalk}</output>
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
          {audioOutput && <AudioOutputSelect audioOutput={audioOutput} />}
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
      <span data-twocan="control-split">
        <CameraButton
          media={media}
          aria-keyshortcuts={enabled ? CALL_SHORTCUTS.camera : undefined}
        />
        <DeviceMenu label={texts.camera}>
          <DeviceSelect media={media} kind="videoinput" />
        </DeviceMenu>
      </span>
      <ScreenShareButton media={media} />
      {children}
      <LeaveButton call={call} onLeave={onLeave} />
    </fieldset>
  );
});
