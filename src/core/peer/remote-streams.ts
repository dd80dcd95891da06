import type { TransceiverLayout } from "./transceivers.ts";

/**
 * The two streams of the remote peer. They stay the same objects through every connection, and their
 * tracks are exchanged, so that media elements need no change.
 */
export interface RemoteStreams {
  person(): MediaStream | undefined;
  screen(): MediaStream | undefined;
  show(tracks: TransceiverLayout["tracks"]): void;
  /** Forgets the streams: the remote peer has closed, and their tracks have ended. */
  clear(): void;
}

export function createRemoteStreams(): RemoteStreams {
  let person: MediaStream | undefined;
  let screen: MediaStream | undefined;
  return {
    person: () => person,
    screen: () => screen,
    show(tracks) {
      person = withTracks(person, [tracks.microphone, tracks.camera]);
      screen = withTracks(screen, [tracks.screen]);
    },
    clear() {
      person = screen = undefined;
    },
  };
}

function withTracks(stream: MediaStream | undefined, tracks: MediaStreamTrack[]): MediaStream {
  if (!stream) return new MediaStream(tracks);
  // Removed first: in Firefox an element that plays the old track does not switch to one added beside it.
  for (const old of stream.getTracks()) if (!tracks.includes(old)) stream.removeTrack(old);
  for (const track of tracks) stream.addTrack(track);
  return stream;
}
