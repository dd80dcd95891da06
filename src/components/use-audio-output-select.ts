"use client";
/** Owns `useAudioOutputSelect`: on which speaker a call is heard, for markup of one's own. */
import { useId, useState, type ChangeEvent } from "react";
import type { LocalMedia } from "../core/media.ts";
import { useMessages } from "./messages-context.tsx";

/** A choice at one moment. */
export interface AudioOutputSelectState {
  /** What an `AudioOutlet` plays on: a `deviceId`, or empty for the system's own. */
  readonly sinkId: string;
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
 * The speakers, and the way to choose (Audio Output Devices, section 2). One that is unplugged gives
 * way to the system's own, and is taken again when it is back. A layout that plays the voices by
 * itself is told not to: `audio={false}`.
 *
 * @example
 * const audioOutput = useAudioOutputSelect(media);
 * return (
 *   <>
 *     <VideoGrid call={call} audio={false} />
 *     <AudioOutlet call={call} sinkId={audioOutput.sinkId} />
 *     <AudioOutputSelect audioOutput={audioOutput} />
 *   </>
 * );
 */
export function useAudioOutputSelect({
  audioOutputs,
}: Pick<LocalMedia, "audioOutputs">): AudioOutputSelectState {
  const { audioOutputSelect: texts, deviceSelect } = useMessages();
  const id = useId();
  const [chosen, choose] = useState("");
  // Chromium lists the system's own once more, by this name.
  const named = canChoose() ? audioOutputs.filter(({ deviceId }) => deviceId !== "default") : [];
  const sinkId = named.some(({ deviceId }) => deviceId === chosen) ? chosen : "";
  const options = named.map(({ deviceId, label }, index) => ({
    value: deviceId,
    label: label || deviceSelect.numbered(texts.label, index + 1),
  }));
  return {
    sinkId,
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

function canChoose(): boolean {
  return typeof HTMLMediaElement !== "undefined" && "setSinkId" in HTMLMediaElement.prototype;
}
