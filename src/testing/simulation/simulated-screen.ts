/** Owns the shared screen of simulated media: whether there is one, and its drawn stream. */
import { SCREEN_FAILURES } from "../../core/media/capture.ts";
import { abortedError, abortable } from "../../core/lib/abort.ts";
import { screenDrawing } from "../fake-devices/drawings.ts";
import { FakeMediaStream } from "../fake-devices/fake-media-stream.ts";
import { refusalOf, type Permission } from "./simulated-devices.ts";
import { streamOf, type Studio, type Take } from "../fake-devices/studio.ts";

/** The screen of one person. */
export interface SimulatedScreen {
  stream(): MediaStream | undefined;
  /** Shares, or no longer, at once. */
  put(sharing: boolean): void;
  /** Takes or gives up the track, as the studio opens and closes. */
  stage(): void;
}

/** Makes a screen that is not shared. */
export function createSimulatedScreen(studio: Studio): SimulatedScreen {
  let sharing = false;
  let take: Take | undefined;
  let stream: MediaStream | undefined;

  function stage(): void {
    const wanted = sharing && studio.isOpen();
    if (wanted === (stream !== undefined)) return;
    take?.close();
    take = wanted ? studio.film(screenDrawing) : undefined;
    stream = wanted ? (streamOf(take) ?? emptyStream()) : undefined;
  }

  return {
    stream: () => stream,
    put(next) {
      sharing = next;
      stage();
    },
    stage,
  };
}

/** A shared screen is a stream, so one without tracks stands for it where nothing can be drawn. */
const emptyStream = (): MediaStream =>
  typeof MediaStream === "undefined"
    ? new FakeMediaStream(() => "simulated screen")
    : new MediaStream();

/** What choosing a screen needs. */
interface ScreenShareOptions {
  screen: SimulatedScreen;
  permission: Permission;
  live(): AbortSignal;
  onChange(): void;
}

/** The verbs of `LocalMedia` for the screen. The choice takes as long as the browser's question is open. */
export function screenShare({ screen, permission, live, onChange }: ScreenShareOptions) {
  /** Counts the wishes: only the last one comes true. */
  let wishes = 0;

  function put(sharing: boolean): void {
    wishes += 1;
    screen.put(sharing);
    onChange();
  }

  return {
    put,
    async startScreenShare(): Promise<void> {
      const signal = live();
      wishes += 1;
      const mine = wishes;
      await abortable(signal, permission.answered());
      if (mine !== wishes) throw abortedError("Sharing the screen");
      // A screen is there and nobody else's, whatever is with the camera.
      const state = permission.get();
      const refusal =
        state === "missing" || state === "busy" ? undefined : refusalOf(state, SCREEN_FAILURES);
      if (refusal) throw refusal;
      put(true);
    },
    stopScreenShare: () => put(false),
  };
}
