"use client";
import { forwardRef, useId, type ComponentPropsWithoutRef } from "react";
import type { DeviceControl } from "../../core/media/device-control.ts";
import { useCurrentMedia } from "../../react/call-provider.tsx";
import { CameraButton } from "../controls/camera-button.tsx";
import { DeviceSelect } from "../controls/device-select.tsx";
import { LevelMeter } from "../audio/level-meter.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import { MicrophoneButton } from "../controls/microphone-button.tsx";
import { AudioOutputSelect } from "../audio/audio-output-select.tsx";
import { usePreJoin, type PreJoinOptions } from "./use-pre-join.ts";
import type { AudioOutputSelectState } from "../audio/use-audio-output-select.ts";
import { VideoTile } from "../video-tile/video-tile.tsx";

/** Accepts the props of a `form`, too. Children are rendered before the button to join. */
export interface PreJoinProps
  extends PreJoinOptions, Omit<ComponentPropsWithoutRef<"form">, "name" | "title"> {
  /**
   * The heading.
   *
   * @default `preJoin.title` of the messages
   */
  title?: string | undefined;
  /**
   * The speakers to choose from, below the microphone: the state from {@link useAudioOutputSelect}.
   * Give its `sinkId` to `CallAudio`.
   *
   * @default the state of the surrounding `CallRoom`, if there is one
   */
  audioOutput?: AudioOutputSelectState | undefined;
  /**
   * Mirrors the local camera.
   *
   * @default true unless it is a rear camera
   */
  mirrored?: boolean | undefined;
}

/**
 * Shows the form before a call: a preview of the camera and the microphone, the choice of devices, the
 * name, and the button to join. Users can join without any device. If permission is granted already,
 * the devices start at once; otherwise the form explains the permission prompt and has a button to open
 * it. After a denial it explains where this browser keeps the permission.
 *
 * State: `data-permission` as in {@link PreJoinPermission}, `data-joining`, `data-microphone`,
 * `data-camera`. Built on {@link usePreJoin}.
 *
 * @example
 * const media = useLocalMedia({ autoStart: false });
 * return <PreJoin media={media} onJoin={({ name }) => setName(name)} />;
 */
export const PreJoin = forwardRef<HTMLFormElement, PreJoinProps>(function PreJoin(
  { media: given, name, onJoin, joining = false, title, mirrored, audioOutput, children, ...props },
  ref,
) {
  const media = useCurrentMedia(given);
  const id = useId();
  const messages = useMessages();
  const texts = messages.preJoin;
  const { self, permission, formProps, nameProps, nameNoteProps, joinProps } = usePreJoin({
    media,
    name,
    onJoin,
    joining,
  });
  const hasPrompted = permission.state !== "idle" && permission.state !== "prompting";
  return (
    <form
      aria-labelledby={id}
      {...props}
      {...formProps}
      ref={ref}
      data-twocan="pre-join"
      data-permission={permission.state}
      data-joining={joining}
      data-microphone={media.microphone.status}
      data-camera={media.camera.status}
    >
      <div data-twocan="pre-join-body">
        <div data-twocan="pre-join-intro">
          <h2 id={id} data-twocan="pre-join-title">
            {title ?? texts.title}
          </h2>
          {/* Always mounted: not all screen readers announce a live region that is mounted with its text. */}
          <output>
            {permission.text}
            {permission.help !== undefined && (
              <span data-twocan="pre-join-help">{permission.help}</span>
            )}
          </output>
          {permission.allowProps && (
            <button data-twocan="pre-join-button" data-action="allow" {...permission.allowProps} />
          )}
        </div>
        <div data-twocan="pre-join-preview">
          <VideoTile participant={self} mirrored={mirrored} />
          {hasPrompted && (
            <div data-twocan="pre-join-switches">
              <MicrophoneButton media={media} />
              <CameraButton media={media} />
              {self.microphone && <LevelMeter subject={self} key={media.microphone.deviceId} />}
            </div>
          )}
        </div>
        <div data-twocan="pre-join-details">
          {permission.state === "granted" && (
            <>
              {!hasNoDevice(media.microphone) && <DeviceSelect media={media} kind="audioinput" />}
              <AudioOutputSelect audioOutput={audioOutput} />
              {!hasNoDevice(media.camera) && <DeviceSelect media={media} kind="videoinput" />}
            </>
          )}
          <div data-twocan="pre-join-name">
            <label htmlFor={`${id}name`}>{texts.name}</label>
            <input data-twocan="field" id={`${id}name`} {...nameProps} />
            <output {...nameNoteProps} />
          </div>
          {children}
          <button data-twocan="pre-join-button" data-action="join" {...joinProps} />
        </div>
      </div>
    </form>
  );
});

/** Whether there is no device to select. The text above gives the remedy. */
function hasNoDevice({ status, devices }: DeviceControl): boolean {
  return status === "missing" && devices.length === 0;
}
