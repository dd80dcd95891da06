/**
 * Owns the fixed layout of a connection: which section carries what, on both sides, from the first
 * offer on. A track is told by its place here, never by its id or its stream's.
 *
 * The caller makes the sections; the callee adopts those that arrive. With every place present and
 * `sendrecv` from the start, switching a camera or a screen is `replaceTrack` alone (WebRTC 1.0,
 * section 5.2): no renegotiation.
 */
import { CallError } from "../lib/errors.ts";
import type { OutgoingMedia } from "../media/outgoing-media.ts";

/** The sections in order; the data channel comes after them. */
const PLACES = [
  { name: "microphone", kind: "audio" },
  { name: "camera", kind: "video" },
  { name: "screen", kind: "video" },
] as const;

/** The places of one connection. */
export interface TransceiverLayout {
  /** The tracks that arrive, by place. */
  readonly tracks: {
    microphone: MediaStreamTrack;
    camera: MediaStreamTrack;
    screen: MediaStreamTrack;
  };
  /** Puts the tracks in their places. Resolves when every sender has taken its own. */
  send(media: OutgoingMedia): Promise<void>;
}

function layoutOf(transceivers: readonly RTCRtpTransceiver[]): TransceiverLayout {
  const [microphone, camera, screen] = transceivers;
  if (!microphone || !camera || !screen) throw misfit();
  const places = { microphone, camera, screen };
  return {
    tracks: {
      microphone: microphone.receiver.track,
      camera: camera.receiver.track,
      screen: screen.receiver.track,
    },
    async send(media) {
      await Promise.all(
        PLACES.map(async ({ name }) => {
          const { sender } = places[name];
          if (sender.track !== media[name]) await sender.replaceTrack(media[name]);
        }),
      );
    },
  };
}

function misfit(): CallError {
  return new CallError(
    "negotiation-failed",
    "The other side's offer has another layout. Let both sides use the same version of twocan.",
  );
}

/** Microphone and camera share a stream id, so that the receiver keeps lips and voice together. */
function streamsFor(
  name: (typeof PLACES)[number]["name"],
  person: MediaStream,
  screen: MediaStream,
) {
  return name === "screen" ? screen : person;
}

/** The caller's layout: makes the sections of the first offer. */
export function createTransceivers(pc: RTCPeerConnection): TransceiverLayout {
  const person = new MediaStream();
  const screen = new MediaStream();
  return layoutOf(
    PLACES.map(({ name, kind }) =>
      pc.addTransceiver(kind, {
        direction: "sendrecv",
        streams: [streamsFor(name, person, screen)],
      }),
    ),
  );
}

/**
 * The callee's layout: adopts the sections of the first offer, after it was set and before it is
 * answered. Transceivers of its own would come in addition to the offered ones (RFC 9429, section 5.10).
 *
 * @throws {CallError} `negotiation-failed` where the offer has another layout.
 */
export function adoptTransceivers(pc: RTCPeerConnection): TransceiverLayout {
  const transceivers = pc.getTransceivers();
  const fits =
    transceivers.length === PLACES.length &&
    PLACES.every(({ kind }, at) => transceivers[at]?.receiver.track.kind === kind);
  if (!fits) throw misfit();
  const person = new MediaStream();
  const screen = new MediaStream();
  for (const [at, { name }] of PLACES.entries()) {
    const transceiver = transceivers[at];
    if (!transceiver) throw misfit();
    transceiver.direction = "sendrecv";
    transceiver.sender.setStreams(streamsFor(name, person, screen));
  }
  return layoutOf(transceivers);
}
