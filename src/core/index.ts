/** "twocan/core": everything without React, named one by one. */
export { createCall } from "./call.ts";
export type { Call, CallOptions, CallSettings, CallStore } from "./call.ts";
export type { DeviceChoice, MediaControl } from "./control.ts";
export { CallError } from "./errors.ts";
export type { CallErrorCode } from "./errors.ts";
export { DEFAULT_ICE_SERVERS } from "./ice-servers.ts";
export type { IceServerList, IceServers } from "./ice-servers.ts";
export { createRoomId } from "./identity.ts";
export type { OutgoingMedia } from "./layout.ts";
export { createLocalMedia } from "./media.ts";
export type { LocalMedia, LocalMediaOptions, LocalMediaStore } from "./media.ts";
export type { MediaState } from "./messages.ts";
export { outgoingMedia, outgoingStreams } from "./outgoing.ts";
export type { Participant } from "./participants.ts";
export { createPeer } from "./peer.ts";
export type { Peer, PeerChannel, PeerOptions, PeerSnapshot } from "./peer.ts";
export { readPreferences, writePreferences } from "./preferences.ts";
export type { CallPreferences } from "./preferences.ts";
export { MAX_PACKET, MAX_PEER_INFO, MAX_PEERS } from "./signaling.ts";
export type {
  JoinOptions,
  PeerInfo,
  SignalMessage,
  Signaling,
  SignalingSession,
  SignalingUsage,
} from "./signaling.ts";
export type { ConnectionStats, Measurable } from "./stats.ts";
export type { CallStatus, PeerStatus } from "./status.ts";
export { createLease } from "./lease.ts";
export type { Lease } from "./lease.ts";
export { createStore } from "./store.ts";
export type { Store, StoreOptions, WritableStore } from "./store.ts";
export { HANDSHAKE_STEPS } from "./trace.ts";
export type { HandshakeEvent, HandshakeEventName, HandshakeStep, Trace } from "./trace.ts";
