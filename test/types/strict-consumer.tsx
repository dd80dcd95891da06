/**
 * An application with the strictest compiler options. It is type-checked but never run. It passes every
 * option as `T | undefined`, names every type that it uses, and contains no `any`.
 */
import type { ComponentProps } from "react";
import {
  CallProvider,
  CallRoom,
  ConnectionBanner,
  ControlBar,
  DeviceSelect,
  en,
  HandshakeTimeline,
  MessagesProvider,
  OneToOneLayout,
  PreJoin,
  ScreenShareButton,
  SpeakerLayout,
  useCall,
  useCallShortcuts,
  useLocalMedia,
  usePeerConnection,
  useStore,
  VideoGrid,
  VideoTile,
  type Call,
  type CallOptions,
  type CallStageProps,
  type CallStatus,
  type CallStore,
  type HandshakeEvent,
  type JoinOptions,
  type LocalMedia,
  type LocalMediaOptions,
  type LocalMediaStore,
  type MediaState,
  type Messages,
  type OutgoingMedia,
  type Participant,
  type Peer,
  type PeerChannel,
  type PeerConnectionState,
  type PeerInfo,
  type PeerOptions,
  type PeerSnapshot,
  type PeerStatus,
  type Signaling,
  type SignalingSession,
  type SignalingUsage,
} from "twocan";
import { broadcastChannelSignaling } from "twocan/broadcast-channel";
import { withUsage, type CountedSignaling } from "twocan/compose";
import { createCall, createLocalMedia, createPeer } from "twocan/core";
import { firestoreSignaling, type FirestoreSignalingOptions } from "twocan/firestore";
import { manualSignaling } from "twocan/manual";
import { createFakeNetwork } from "twocan/fake-webrtc";
import { eventually, simulateCall, type Simulation } from "twocan/testing";
import { webSocketSignaling } from "twocan/websocket";

/** `T` with each property present and possibly undefined, as in a wrapper that passes its options on. */
type PassedOn<T> = { [Name in keyof T]-?: T[Name] | undefined };

declare const flag: boolean | undefined;
declare const word: string | undefined;
declare const number: number | undefined;
declare const callback: (() => void) | undefined;
declare const signaling: Signaling | undefined;

/** A wrapper that passes on its props, which may be missing or undefined. */
export function Room({
  layout,
  ...props
}: {
  room: string;
  name?: string | undefined;
  layout?: "grid" | "speaker" | undefined;
  className?: string | undefined;
}) {
  return (
    <CallProvider signaling={signaling} iceServers={undefined} transport={undefined}>
      <MessagesProvider messages={en}>
        <CallRoom
          {...props}
          layout={layout}
          onLeave={callback}
          preJoin={flag}
          metadata={undefined}
          signaling={signaling}
          iceTransportPolicy={undefined}
          transport={undefined}
          onError={undefined}
        />
      </MessagesProvider>
    </CallProvider>
  );
}

/** Every component, with undefined for every option. */
export function Parts({ call, media }: { call: Call; media: LocalMedia }) {
  const options: LocalMediaOptions = { audio: flag, video: undefined, autoStart: flag };
  const own = useLocalMedia(options);
  const made = useCall({ room: "c_rooms-of-a-test-0001", media: own, name: word, autoJoin: flag });
  useCallShortcuts({ media, enabled: flag });
  const [first] = call.participants;
  return (
    <>
      <ConnectionBanner call={made} media={media} />
      <VideoGrid call={call} audio={flag} />
      <SpeakerLayout call={call} audio={flag} />
      <OneToOneLayout call={call} audio={flag} />
      <ControlBar
        call={call}
        media={media}
        shortcuts={flag}
        onLeave={callback}
        audioOutput={undefined}
      />
      <ScreenShareButton media={media} whenUnsupported={undefined} displayMedia={undefined} />
      <DeviceSelect media={media} kind="audioinput" />
      <PreJoin media={media} onJoin={() => undefined} title={word} name={word} joining={flag} />
      <HandshakeTimeline
        subject={call}
        trace={undefined}
        peer={word}
        maxEvents={number}
        until={number}
      />
      {first && (
        <VideoTile participant={first} source={undefined} mirrored={flag} fit={undefined} />
      )}
    </>
  );
}

/** Every options object of the core and the adapters. */
export function withoutReact(channel: PeerChannel) {
  const media: LocalMediaStore = createLocalMedia({ audio: flag, video: flag, autoStart: flag });
  const call: CallStore = createCall({
    room: "c_rooms-of-a-test-0001",
    media: media.getSnapshot(),
    name: word,
    metadata: undefined,
    iceServers: undefined,
    signaling: webSocketSignaling("wss://relay.example.org", {
      protocols: undefined,
      timeout: number,
    }),
  });
  const outgoing: OutgoingMedia | undefined = undefined;
  const peer: Peer = createPeer({
    channel,
    role: "caller",
    id: word,
    media: outgoing,
    onBye: undefined,
  });
  const state: PeerSnapshot = peer.getSnapshot();
  const switchedOn: MediaState = state.remoteMedia;
  const status: PeerStatus = state.status;
  const events: readonly HandshakeEvent[] = peer.trace.getSnapshot();
  return { call, status, switchedOn, events };
}

export const adapters: readonly Signaling[] = [
  broadcastChannelSignaling({ prefix: word }),
  firestoreSignaling({ firestore: undefined, auth: undefined, collection: word }),
  manualSignaling({ invitation: word, quiet: number }),
];
export const counted: CountedSignaling = withUsage(adapters[0] ?? firestoreSignaling());
export const usage: SignalingUsage = counted.usage();

/** A custom adapter whose optional properties are undefined. */
export const ownSignaling: Signaling = {
  async join(options: JoinOptions): Promise<SignalingSession> {
    const others: PeerInfo[] = [];
    options.onPeers(others);
    return Promise.resolve({
      id: word,
      timeoutMs: number,
      send: async () => Promise.resolve(),
      update: async () => Promise.resolve(),
      leave: async () => Promise.resolve(),
    });
  },
};

/** Maps every call status to a text. */
export function textOf(status: CallStatus): string {
  const texts: Record<CallStatus, string> = {
    idle: "",
    joining: "Joining",
    waiting: "Waiting",
    connecting: "Connecting",
    connected: "Connected",
    reconnecting: "Reconnecting",
    left: "Left",
    failed: "Failed",
  };
  return texts[status];
}

/** A test of an application. */
export async function inTests(): Promise<string> {
  const simulation: Simulation = simulateCall({
    participants: number,
    seed: number,
    self: undefined,
  });
  simulation.change("self", { camera: flag, name: word });
  const network = createFakeNetwork({ seed: number, latency: number });
  network.peer({ name: word, devices: undefined });
  const people = await eventually(() => simulation.call.getSnapshot().participants, {
    description: word,
    timeoutMs: number,
  });
  const [first]: readonly Participant[] = people;
  return first?.name ?? "no one";
}

export function Peers({ channel }: { channel: PeerChannel }) {
  const peer: PeerConnectionState = usePeerConnection({ channel, role: "callee" });
  const status: PeerStatus = peer.status;
  return <output>{status}</output>;
}

export const useSimulated = (simulation: Simulation): Call => useStore(simulation.call);
export const german: Messages = { ...en, left: "Du hast den Anruf verlassen." };
export const stage = (props: CallStageProps): ComponentProps<typeof VideoGrid> => props;

// Complete options objects, with each optional property present and undefined.
export const passOn = {
  call: (given: PassedOn<Omit<CallOptions, "room">>): Omit<CallOptions, "room"> => given,
  media: (given: PassedOn<LocalMediaOptions>): LocalMediaOptions => given,
  peer: (given: PassedOn<Omit<PeerOptions, "channel" | "role">>): Partial<PeerOptions> => given,
  firestore: (given: PassedOn<FirestoreSignalingOptions>): FirestoreSignalingOptions => given,
};
