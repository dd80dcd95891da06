/** Owns transceivers: what a section of the descriptions sends and receives (WebRTC 1.0, section 5). */
import { failure } from "../fake-devices/fake-events.ts";
import { FakeMediaStreamTrack, type FakeMediaStream } from "../fake-devices/fake-media-stream.ts";
import { createMeter, type Meter } from "./meter.ts";
import { receives, sends } from "./sdp.ts";

/** A transceiver with all that it does not show. */
export interface Slot {
  readonly kind: "audio" | "video";
  readonly face: RTCRtpTransceiver;
  readonly received: FakeMediaStreamTrack;
  readonly meter: Meter;
  /** What the description calls a track that is not there. */
  readonly name: string;
  mid: string | null;
  direction: RTCRtpTransceiverDirection;
  /** What was agreed; and what the other side's last description allowed to receive. */
  agreed: RTCRtpTransceiverDirection | null;
  offered: RTCRtpTransceiverDirection | null;
  /** The streams that the other side names, and the ids of those that this side does. */
  streams: readonly FakeMediaStream[];
  named: readonly string[];
  track: MediaStreamTrack | null;
  /** Made by `addTrack`: an offer that comes may take it (RFC 9429, section 5.10). */
  byTrack: boolean;
  hasSent: boolean;
  stopping: boolean;
  stopped: boolean;
  /** Sends another track from now on, or none. */
  put(track: MediaStreamTrack | null): void;
}

/** What a transceiver needs of its connection. */
export interface SlotOptions {
  readonly kind: Slot["kind"];
  readonly direction: RTCRtpTransceiverDirection;
  readonly track: MediaStreamTrack | null;
  readonly named: readonly string[];
  readonly byTrack: boolean;
  /** Makes the id of the track that will arrive; an offer has named it already. */
  name(): string;
  isClosed(): boolean;
  /** Runs a task after all that is under way on the connection. */
  chain<T>(operation: () => Promise<T>): Promise<T>;
  /** Whether anything arrives in the slot. */
  isArriving(slot: Slot): boolean;
  /** What is sent may be another thing now. */
  onMedia(): void;
  onNegotiationNeeded(): void;
  getStats(): Promise<RTCStatsReport>;
}

/** Makes a transceiver that belongs to no section yet. */
export function createSlot(options: SlotOptions): Slot {
  const { kind, isClosed, onMedia, onNegotiationNeeded, getStats } = options;
  const received = new FakeMediaStreamTrack({
    kind,
    label: `remote ${kind}`,
    name: options.name,
    muted: true,
    isFlowing: () => options.isArriving(slot),
  });
  let unwatch = () => {};
  let parameters: object = {};

  function put(track: MediaStreamTrack | null): void {
    unwatch();
    unwatch = FakeMediaStreamTrack.watch(track, onMedia);
    slot.track = track;
    onMedia();
  }

  const assertUsable = () => {
    if (isClosed() || slot.stopped) throw failure("InvalidStateError", "The connection is closed.");
  };

  const sender: RTCRtpSender = {
    dtmf: null,
    transport: null,
    transform: null,
    get track() {
      return slot.track;
    },
    async replaceTrack(track) {
      if (track && track.kind !== kind) throw new TypeError(`A ${kind} sender takes ${kind} only.`);
      await options.chain(async () => {
        if (slot.stopping || slot.stopped)
          throw failure("InvalidStateError", "The transceiver is stopped.");
        await Promise.resolve();
        put(track);
      });
    },
    setStreams(...streams) {
      assertUsable();
      slot.named = streams.map(({ id }) => id);
      onNegotiationNeeded();
    },
    getParameters: () => ({
      codecs: [],
      headerExtensions: [],
      rtcp: {},
      encodings: [{ active: true }],
      transactionId: "1",
      ...parameters,
    }),
    async setParameters(next) {
      parameters = { ...next };
    },
    getStats,
  };

  const receiver: RTCRtpReceiver = {
    track: received,
    transport: null,
    transform: null,
    jitterBufferTarget: null,
    getContributingSources: () => [],
    getSynchronizationSources: () => [],
    getParameters: () => ({ codecs: [], headerExtensions: [], rtcp: {} }),
    getStats,
  };

  const face: RTCRtpTransceiver = {
    sender,
    receiver,
    get mid() {
      return slot.mid;
    },
    get direction() {
      return slot.stopping ? "stopped" : slot.direction;
    },
    set direction(direction) {
      assertUsable();
      if (direction === slot.direction) return;
      slot.direction = direction;
      onNegotiationNeeded();
    },
    get currentDirection() {
      return slot.stopped ? "stopped" : slot.agreed;
    },
    setCodecPreferences: () => undefined,
    stop() {
      if (isClosed()) throw failure("InvalidStateError", "The connection is closed.");
      if (slot.stopping) return;
      slot.stopping = true;
      FakeMediaStreamTrack.end(received);
      onMedia();
      onNegotiationNeeded();
    },
  };

  const slot: Slot = {
    kind,
    face,
    received,
    meter: createMeter(),
    name: options.name(),
    mid: null,
    direction: options.direction,
    agreed: null,
    offered: null,
    streams: [],
    named: options.named,
    track: null,
    byTrack: options.byTrack,
    hasSent: false,
    stopping: false,
    stopped: false,
    put,
  };
  put(options.track);
  return slot;
}

/** It is over with the slot: the other side rejected its section, or the connection closed. */
export function stopSlot(slot: Slot): void {
  slot.stopping = true;
  slot.stopped = true;
  FakeMediaStreamTrack.end(slot.received);
}

/** What was agreed for the slot. */
export function agree(slot: Slot, direction: RTCRtpTransceiverDirection): void {
  slot.agreed = direction;
  slot.hasSent ||= sends(direction);
}

/** Whether something could be sent just now, as far as the slot goes. */
export function isSending(slot: Slot): boolean {
  return (
    !slot.stopping &&
    sends(slot.agreed) &&
    slot.track !== null &&
    FakeMediaStreamTrack.isFlowing(slot.track)
  );
}

/** Whether what arrives is taken. */
export function isReceiving(slot: Slot): boolean {
  return !slot.stopping && receives(slot.agreed);
}
