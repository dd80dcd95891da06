/** "twocan/core": everything without React, named one by one. */
export { CallError, toCallError, type CallErrorCode } from "./errors.ts";
export { createStore, type Store, type StoreOptions, type WritableStore } from "./store.ts";
export {
  MAX_PACKET,
  MAX_PEER_INFO,
  MAX_PEERS,
  type JoinOptions,
  type PeerInfo,
  type SignalMessage,
  type Signaling,
  type SignalingSession,
} from "./signaling.ts";
export type { LocalMedia, LocalMediaOptions, LocalMediaStore, MediaControl } from "./media.ts";
export type { Call, CallOptions, Participant } from "./call.ts";
export {
  createTrace,
  HANDSHAKE_STEPS,
  type HandshakeEvent,
  type HandshakeEventName,
  type HandshakeStep,
  type Trace,
} from "./trace.ts";
