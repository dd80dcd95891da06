"use client";
import { createContext, useContext, useId, useState, type ChangeEvent } from "react";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { useCurrentMedia } from "../../react/call-provider.tsx";
import { useMessages } from "../i18n/messages-context.tsx";

/** Configures {@link useAudioOutputSelect}. */
export interface AudioOutputSelectOptions {
  /**
   * The `deviceId` of the speaker that is selected first, for example `readPreferences().speaker`.
   *
   * @default the default output of the system
   */
  initial?: string | undefined;
}

/** The speakers and the selected one, with the props of a `<select>`. */
export interface AudioOutputSelectState {
  /** The `deviceId` for {@link CallAudio}; empty for the default output of the system. */
  readonly sinkId: string;
  /** The `deviceId` of the selected speaker, also while it is unplugged; empty for the default output of the system. */
  readonly selectedDeviceId: string;
  /**
   * The default output of the system, with an empty value, and every speaker that the browser lists.
   * Firefox lists only those of an allowed microphone. Empty if there is no choice, in a browser
   * without `setSinkId` or before it lists a speaker: render no select then.
   */
  readonly options: readonly { readonly value: string; readonly label: string }[];
  /** The label of the select. */
  readonly label: string;
  /** Selects the speaker with this value. */
  choose(value: string): void;
  readonly labelProps: { readonly htmlFor: string };
  readonly selectProps: {
    readonly id: string;
    readonly value: string;
    onChange(event: ChangeEvent<HTMLSelectElement>): void;
  };
}

/**
 * Lists the speakers and keeps the selected one. While the selected speaker is unplugged, `sinkId` is
 * that of the default output of the system. Render layouts with `audio={false}` beside a
 * {@link CallAudio}.
 *
 * @param media Default: the media of the nearest `CallProvider`.
 * @see https://w3c.github.io/mediacapture-output/#htmlmediaelement-extensions
 *
 * @example
 * const audioOutput = useAudioOutputSelect(media);
 * return (
 *   <>
 *     <VideoGrid call={call} audio={false} />
 *     <CallAudio call={call} sinkId={audioOutput.sinkId} />
 *     <AudioOutputSelect audioOutput={audioOutput} />
 *   </>
 * );
 */
export function useAudioOutputSelect(
  media?: Pick<LocalMedia, "audioOutputs">,
  { initial = "" }: AudioOutputSelectOptions = {},
): AudioOutputSelectState {
  const { audioOutputs } = useCurrentMedia(media);
  const { audioOutputSelect: texts, deviceSelect } = useMessages();
  const id = useId();
  const [selectedDeviceId, choose] = useState(initial);
  // Chromium lists the default output a second time, under this id.
  const speakers = canSetSinkId()
    ? audioOutputs.filter(({ deviceId }) => deviceId !== "default")
    : [];
  const sinkId = speakers.some(({ deviceId }) => deviceId === selectedDeviceId)
    ? selectedDeviceId
    : "";
  const options = speakers.map(({ deviceId, label }, index) => ({
    value: deviceId,
    label: label || deviceSelect.numbered(texts.label, index + 1),
  }));
  return {
    sinkId,
    selectedDeviceId,
    choose,
    options: options.length > 0 ? [{ value: "", label: texts.system }, ...options] : options,
    label: texts.label,
    labelProps: { htmlFor: id },
    selectProps: {
      id,
      value: sinkId,
      onChange: ({ currentTarget }) => choose(currentTarget.value),
    },
  };
}

/** Provides the speaker of the surrounding `CallRoom` to the controls in it. */
export const AudioOutput = createContext<AudioOutputSelectState | undefined>(undefined);

/** Returns the given state, otherwise that of the surrounding `CallRoom`, if there is one. */
export function useProvidedAudioOutput(
  given: AudioOutputSelectState | undefined,
): AudioOutputSelectState | undefined {
  const provided = useContext(AudioOutput);
  return given ?? provided;
}

function canSetSinkId(): boolean {
  return typeof HTMLMediaElement !== "undefined" && "setSinkId" in HTMLMediaElement.prototype;
}
