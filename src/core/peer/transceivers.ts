/**
 * The transceiver layout: which section carries what, on both sides, from the first offer on. A track
 * is identified by its section, never by its id or the id of its stream.
 *
 * The caller makes the sections, the callee adopts them. Every section is present and `sendrecv` from
 * the start, so switching a camera or a screen is `replaceTrack()` alone, without a renegotiation.
 *
 * @see WebRTC 1.0, section 5.2
 */
import { CallError } from "../lib/errors.ts";
import type { OutgoingMedia } from "../media/outgoing-media.ts";

/** The media sections in order. The data channel follows them. */
const SECTIONS = [
  { name: "microphone", kind: "audio" },
  { name: "camera", kind: "video" },
  { name: "screen", kind: "video" },
] as const;

type SectionName = (typeof SECTIONS)[number]["name"];

/** The sections of one connection. */
export interface TransceiverLayout {
  /** The remote tracks by section. */
  readonly tracks: Readonly<Record<SectionName, MediaStreamTrack>>;
  /** Sends these tracks. Resolves when every sender has its track. */
  send(media: OutgoingMedia): Promise<void>;
}

function layoutOf(transceivers: readonly RTCRtpTransceiver[]): TransceiverLayout {
  const [microphone, camera, screen] = transceivers;
  if (!microphone || !camera || !screen) throw layoutMismatch();
  const sections = { microphone, camera, screen };
  return {
    tracks: {
      microphone: microphone.receiver.track,
      camera: camera.receiver.track,
      screen: screen.receiver.track,
    },
    async send(media) {
      await Promise.all(
        SECTIONS.map(async ({ name }) => {
          const { sender } = sections[name];
          if (sender.track !== media[name]) await sender.replaceTrack(media[name]);
        }),
      );
    },
  };
}

function layoutMismatch(): CallError {
  return new CallError(
    "negotiation-failed",
    "The offer of the remote peer has another transceiver layout. Use the same version of twocan on both sides.",
  );
}

/** Microphone and camera share a stream id, so that the receiver synchronizes audio and video. */
function createStreams(): Record<SectionName, MediaStream> {
  const person = new MediaStream();
  return { microphone: person, camera: person, screen: new MediaStream() };
}

/** Makes the caller's layout: the sections of the first offer. */
export function createTransceivers(pc: RTCPeerConnection): TransceiverLayout {
  const streams = createStreams();
  return layoutOf(
    SECTIONS.map(({ name, kind }) =>
      pc.addTransceiver(kind, { direction: "sendrecv", streams: [streams[name]] }),
    ),
  );
}

/**
 * Adopts the sections of the first offer as the callee's layout, after the offer was set and before it
 * is answered. Transceivers that the callee makes itself would be additional to the offered ones.
 *
 * @throws {CallError} `negotiation-failed` if the offer has another layout
 * @see RFC 9429 (JSEP), section 5.10
 */
export function adoptTransceivers(pc: RTCPeerConnection): TransceiverLayout {
  // Those that the application has added to the connection are in no section.
  const offered = pc.getTransceivers().filter(({ mid }) => mid !== null);
  const fits =
    offered.length === SECTIONS.length &&
    SECTIONS.every(({ kind }, index) => offered[index]?.receiver.track.kind === kind);
  if (!fits) throw layoutMismatch();
  const streams = createStreams();
  for (const [index, { name }] of SECTIONS.entries()) {
    const transceiver = offered[index];
    if (!transceiver) throw layoutMismatch();
    transceiver.direction = "sendrecv";
    transceiver.sender.setStreams(streams[name]);
  }
  return layoutOf(offered);
}
