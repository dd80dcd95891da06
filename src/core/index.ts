/** "twocan/core": everything without React, named one by one. */
export { createCall } from "./call/call.ts";
export type { Call, CallOptions, CallSettings, CallStore } from "./call/call.ts";
export type { DeviceChoice, DeviceControl, DeviceControlBase } from "./media/device-control.ts";
export type { DeviceState, DeviceStatus } from "./media/device-state.ts";
export { CallError } from "./lib/errors.ts";
export type { CallErrorCode } from "./lib/errors.ts";
export { DEFAULT_ICE_SERVERS } from "./peer/ice-servers.ts";
export type { IceServerList, IceServers } from "./peer/ice-servers.ts";
export { createRoomId } from "./signaling/identity.ts";
export type { OutgoingMedia } from "./media/outgoing-media.ts";
export { createLocalMedia } from "./media/local-media.ts";
export type { LocalMediaStore } from "./media/local-media.ts";
export type {
  LocalMedia,
  LocalMediaBase,
  LocalMediaOptions,
  LocalMediaState,
  LocalMediaStatus,
} from "./media/local-media-state.ts";
export type { MediaState } from "./signaling/protocol.ts";
export { outgoingMedia, outgoingStreams } from "./media/outgoing-media.ts";
export type { Participant, ParticipantStatus } from "./call/participants.ts";
export type { Metadata, Register } from "./lib/register.ts";
export type {
  RemoteParticipant,
  Transport,
  TransportOptions,
  TransportSession,
} from "./transport/transport.ts";
export { createPeer } from "./peer/peer.ts";
export type { Peer, PeerChannel, PeerOptions, PeerSnapshot } from "./peer/peer.ts";
export { readPreferences, writePreferences } from "./call/preferences.ts";
export type { CallPreferences } from "./call/preferences.ts";
export { MAX_PACKET, MAX_PEER_INFO, MAX_PEERS } from "./signaling/signaling.ts";
export type {
  JoinOptions,
  PeerInfo,
  SignalMessage,
  Signaling,
  SignalingSession,
  SignalingUsage,
} from "./signaling/signaling.ts";
export type { ConnectionStats, StatsSource } from "./stats/connection-stats.ts";
export type { PeerStatus } from "./peer/peer-status.ts";
export type { CallOutcome, CallStatus } from "./call/call-status.ts";
export { createRetained } from "./lib/retained.ts";
export type { Retained } from "./lib/retained.ts";
export { createStore } from "./lib/store.ts";
export type { Store, StoreOptions, WritableStore } from "./lib/store.ts";
export { HANDSHAKE_STEPS } from "./stats/handshake-trace.ts";
export type {
  HandshakeEvent,
  HandshakeEventName,
  HandshakeStep,
  Trace,
} from "./stats/handshake-trace.ts";
