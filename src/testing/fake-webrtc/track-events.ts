import { fire, type FakeEventTarget } from "../fake-devices/fake-events.ts";
import { FakeMediaStreamTrack, type FakeMediaStream } from "../fake-devices/fake-media-stream.ts";
import { receives } from "./sdp.ts";
import type { Slot } from "./fake-transceivers.ts";

/** The changes of tracks and streams that are fired after the signaling state has changed (WebRTC 1.0, section 4.4.1.5). */
export interface Changes {
  readonly muted: Slot[];
  readonly removed: [FakeMediaStream, Slot][];
  readonly added: [FakeMediaStream, Slot][];
  /** The transceivers with newly received media. They fire a `track` event. */
  readonly fresh: Slot[];
}

export const noChanges = (): Changes => ({ muted: [], removed: [], added: [], fresh: [] });

/** Applies the direction and the streams of a remote section. */
export function applyDirection(
  slot: Slot,
  direction: RTCRtpTransceiverDirection | null,
  streams: readonly FakeMediaStream[],
  changes: Changes,
): void {
  const received = receives(slot.offered);
  const next = receives(direction) ? streams : [];
  for (const stream of slot.streams)
    if (!next.includes(stream)) changes.removed.push([stream, slot]);
  for (const stream of next) if (!slot.streams.includes(stream)) changes.added.push([stream, slot]);
  slot.streams = next;
  if (receives(direction) && !received) changes.fresh.push(slot);
  if (!receives(direction) && received) changes.muted.push(slot);
  slot.offered = direction;
}

/** Fires all events in the order of the specification. */
export function fireChanges(connection: FakeEventTarget, changes: Changes): void {
  for (const { received } of changes.muted) FakeMediaStreamTrack.mute(received, true);
  for (const [stream, { received }] of changes.removed) {
    stream.removeTrack(received);
    fire(stream, "removetrack", { track: received });
  }
  for (const [stream, { received }] of changes.added) {
    stream.addTrack(received);
    fire(stream, "addtrack", { track: received });
  }
  for (const { received, streams, transceiver } of changes.fresh)
    fire(connection, "track", {
      track: received,
      streams: [...streams],
      transceiver,
      receiver: transceiver.receiver,
    });
}
