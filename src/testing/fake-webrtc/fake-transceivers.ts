import { failure } from "../fake-devices/fake-events.ts";
import { FakeMediaStreamTrack, type FakeMediaStream } from "../fake-devices/fake-media-stream.ts";
import { createMeter, type Meter } from "./meter.ts";
import { receives, sends } from "./sdp.ts";

/** The internal state of a transceiver (WebRTC 1.0, section 5). */
export interface Slot {
  readonly kind: "audio" | "video";
  readonly transceiver: RTCRtpTransceiver;
  readonly received: FakeMediaStreamTrack;
  readonly meter: Meter;
  /** The track id in descriptions while there is no track. */
  readonly name: string;
  mid: string | null;
  direction: RTCRtpTransceiverDirection;
  /** The negotiated direction. */
  agreed: RTCRtpTransceiverDirection | null;
  /** The direction that the last remote description allows. */
  offered: RTCRtpTransceiverDirection | null;
  /** The streams of the received track. */
  streams: readonly FakeMediaStream[];
  /** The ids of the streams of the sent track. */
  streamIds: readonly string[];
  track: MediaStreamTrack | null;
  /** Created by `addTrack`: a remote offer may use it (RFC 9429, section 5.10). */
  fromAddTrack: boolean;
  hasSent: boolean;
  stopping: boolean;
  stopped: boolean;
  /** Replaces the sent track. */
  setTrack(track: MediaStreamTrack | null): void;
}

export interface SlotOptions {
  readonly kind: Slot["kind"];
  readonly direction: RTCRtpTransceiverDirection;
  readonly track: MediaStreamTrack | null;
  readonly streamIds: readonly string[];
  readonly fromAddTrack: boolean;
  /** Returns the id of the received track. */
  name(): string;
  isClosed(): boolean;
  /** Appends an operation to the operations chain. */
  chain<T>(operation: () => Promise<T>): Promise<T>;
  /** Whether media arrives for the transceiver. */
  isArriving(slot: Slot): boolean;
  /** The sent media has changed. */
  onMedia(): void;
  onNegotiationNeeded(): void;
  getStats(): Promise<RTCStatsReport>;
}

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

  function setTrack(track: MediaStreamTrack | null): void {
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
      if (track && track.kind !== kind)
        throw new TypeError(`The track is ${track.kind}, and the sender is ${kind}.`);
      await options.chain(async () => {
        if (slot.stopping || slot.stopped)
          throw failure("InvalidStateError", "The transceiver is stopped.");
        await Promise.resolve();
        setTrack(track);
      });
    },
    setStreams(...streams) {
      assertUsable();
      slot.streamIds = streams.map(({ id }) => id);
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

  const receiver = createReceiver(received, getStats);

  const transceiver: RTCRtpTransceiver = {
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
    transceiver,
    received,
    meter: createMeter(),
    name: options.name(),
    mid: null,
    direction: options.direction,
    agreed: null,
    offered: null,
    streams: [],
    streamIds: options.streamIds,
    track: null,
    fromAddTrack: options.fromAddTrack,
    hasSent: false,
    stopping: false,
    stopped: false,
    setTrack,
  };
  setTrack(options.track);
  return slot;
}

function createReceiver(
  track: MediaStreamTrack,
  getStats: () => Promise<RTCStatsReport>,
): RTCRtpReceiver {
  return {
    track,
    transport: null,
    transform: null,
    jitterBufferTarget: null,
    getContributingSources: () => [],
    getSynchronizationSources: () => [],
    getParameters: () => ({ codecs: [], headerExtensions: [], rtcp: {} }),
    getStats,
  };
}

/** Stops a transceiver, because its section was rejected or the connection closed. */
export function stopSlot(slot: Slot): void {
  slot.stopping = true;
  slot.stopped = true;
  FakeMediaStreamTrack.end(slot.received);
}

/** Sets the negotiated direction. */
export function agree(slot: Slot, direction: RTCRtpTransceiverDirection): void {
  slot.agreed = direction;
  slot.hasSent ||= sends(direction);
}

/** Whether the transceiver has media to send. */
export function isSending(slot: Slot): boolean {
  return (
    !slot.stopping &&
    sends(slot.agreed) &&
    slot.track !== null &&
    FakeMediaStreamTrack.isFlowing(slot.track)
  );
}

/** Whether the transceiver accepts media. */
export function isReceiving(slot: Slot): boolean {
  return !slot.stopping && receives(slot.agreed);
}
