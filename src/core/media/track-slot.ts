/** Holds the current track of one device. Nothing else stops a track of that device. */
export interface TrackSlot {
  /** The current track; undefined while nothing is captured. */
  current(): MediaStreamTrack | undefined;
  /** Stops the current track and puts another one, or none, in its place. */
  replace(next: MediaStreamTrack | undefined): void;
}

/** The callbacks of {@link createTrackSlot}. */
export interface TrackSlotListeners {
  /** The current track was replaced or removed. */
  onReplace(track: MediaStreamTrack | undefined): void;
  /** The system muted or unmuted the current track. */
  onMuteChange(): void;
  /** The current track ended on its own: the device was unplugged, or its permission was revoked. */
  onEnded(): void;
}

/** Creates an empty slot. */
export function createTrackSlot(listeners: TrackSlotListeners): TrackSlot {
  let track: MediaStreamTrack | undefined;
  let subscriptions = new AbortController();
  return {
    current: () => track,
    replace(next) {
      if (next === track) return;
      subscriptions.abort();
      track?.stop();
      track = next;
      subscriptions = new AbortController();
      const { signal } = subscriptions;
      next?.addEventListener("mute", listeners.onMuteChange, { signal });
      next?.addEventListener("unmute", listeners.onMuteChange, { signal });
      next?.addEventListener("ended", listeners.onEnded, { signal });
      listeners.onReplace(next);
    },
  };
}
