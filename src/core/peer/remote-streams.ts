/** Owns the streams in which the other side is seen: the same objects while its connections come and go. */
import type { TransceiverLayout } from "./transceivers.ts";

/** The two streams of the other side: the same objects through every connection, their tracks swapped. */
export function createRemoteStreams() {
  let person: MediaStream | undefined;
  let screen: MediaStream | undefined;
  return {
    person: () => person,
    screen: () => screen,
    show(tracks: TransceiverLayout["tracks"]): void {
      person = streamOf(person, [tracks.microphone, tracks.camera]);
      screen = streamOf(screen, [tracks.screen]);
    },
  };
}

function streamOf(stream: MediaStream | undefined, tracks: MediaStreamTrack[]): MediaStream {
  if (!stream) return new MediaStream(tracks);
  // Removed first: an element in Firefox that plays the old track does not go over to one beside it.
  for (const old of stream.getTracks()) if (!tracks.includes(old)) stream.removeTrack(old);
  for (const track of tracks) stream.addTrack(track);
  return stream;
}
