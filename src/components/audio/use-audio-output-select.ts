"use client";
/** Owns `useAudioOutputSelect`: on which speaker a call is heard, for markup of one's own. */
import { createContext, useContext, useId, useState, type ChangeEvent } from "react";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { useCurrentMedia } from "../../react/call-provider.tsx";
import { useMessages } from "../i18n/messages-context.tsx";

/** Options of {@link useAudioOutputSelect}. */
export interface AudioOutputSelectOptions {
  /** The `deviceId` to begin with, for example `readPreferences().speaker`. Default: the system's own. */
  initial?: string | undefined;
}

/** A choice at one moment. */
export interface AudioOutputSelectState {
  /** What an `CallAudio` plays on: a `deviceId`, or empty for the system's own. */
  readonly sinkId: string;
  /** The `deviceId` of the selected speaker, which may be unplugged; empty for the system's own. */
  readonly selectedDeviceId: string;
  /**
   * The system's own, whose value is empty, and every speaker that the browser names: Firefox only
   * those that belong to an allowed microphone. Nothing at all where there is no choice, without
   * `setSinkId` or before the browser names one. Then show none.
   */
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly label: string;
  /** Plays on the speaker with this value from now on. */
  choose(value: string): void;
  readonly labelProps: { readonly htmlFor: string };
  readonly selectProps: {
    readonly id: string;
    readonly value: string;
    onChange(event: ChangeEvent<HTMLSelectElement>): void;
  };
}

/**
 * The speakers, and the way to choose (Audio Output Devices, section 2). The media are by default those of the nearest `CallProvider`. One that is unplugged gives
 * way to the system's own, and is taken again when it is back. A layout that plays the voices by
 * itself is told not to: `audio={false}`.
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
  const [chosen, choose] = useState(initial);
  // Chromium lists the system's own once more, by this name.
  const named = canChoose() ? audioOutputs.filter(({ deviceId }) => deviceId !== "default") : [];
  const sinkId = named.some(({ deviceId }) => deviceId === chosen) ? chosen : "";
  const options = named.map(({ deviceId, label }, index) => ({
    value: deviceId,
    label: label || deviceSelect.numbered(texts.label, index + 1),
  }));
  return {
    sinkId,
    selectedDeviceId: chosen,
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

/** The choice of the speaker in the room around, for the controls in it. */
export const AudioOutput = createContext<AudioOutputSelectState | undefined>(undefined);

/** The given choice, otherwise that of the room around; undefined where there is none. */
export function useProvidedAudioOutput(
  given: AudioOutputSelectState | undefined,
): AudioOutputSelectState | undefined {
  const provided = useContext(AudioOutput);
  return given ?? provided;
}

function canChoose(): boolean {
  return typeof HTMLMediaElement !== "undefined" && "setSinkId" in HTMLMediaElement.prototype;
}
