/** "twocan": the hooks, the provider, the components and their types, named one by one. */
export { useLocalMedia } from "./react/use-local-media.ts";
export { usePeerConnection } from "./react/use-peer-connection.ts";
export type { PeerConnectionOptions, PeerConnectionState } from "./react/use-peer-connection.ts";
export { useCall } from "./react/use-call.ts";
export { useHandshake } from "./react/use-handshake.ts";
export { useAudioLevel, useSpeaking } from "./react/use-audio-level.ts";
export { useConnectionStats } from "./react/use-connection-stats.ts";
export { useStore } from "./react/use-store.ts";
export { CallProvider } from "./react/call-provider.tsx";
export type { CallDefaults, CallProviderProps } from "./react/call-provider.tsx";

export { AudioOutlet } from "./components/audio-outlet.tsx";
export type { AudioOutletProps } from "./components/audio-outlet.tsx";
export { CameraButton } from "./components/camera-button.tsx";
export type { CameraButtonProps } from "./components/camera-button.tsx";
export { LeaveButton } from "./components/leave-button.tsx";
export type { LeaveButtonProps } from "./components/leave-button.tsx";
export { en } from "./components/en.ts";
export { ko } from "./components/ko.ts";
export type { DeviceMessages, Messages } from "./components/messages.ts";
export { MessagesProvider, useMessages } from "./components/messages-context.tsx";
export type { MessagesProviderProps } from "./components/messages-context.tsx";
export { MicrophoneButton } from "./components/microphone-button.tsx";
export type { MicrophoneButtonProps } from "./components/microphone-button.tsx";
export { ScreenShareButton } from "./components/screen-share-button.tsx";
export type { ScreenShareButtonProps } from "./components/screen-share-button.tsx";
export { VideoGrid } from "./components/video-grid.tsx";
export type { VideoGridProps } from "./components/video-grid.tsx";
export { VideoTile } from "./components/video-tile.tsx";
export type { VideoTileProps } from "./components/video-tile.tsx";

export { CallError } from "./core/errors.ts";
export type { CallErrorCode } from "./core/errors.ts";
export { createRoomId } from "./core/identity.ts";
export type { Call, CallOptions } from "./core/call.ts";
export type { MediaControl } from "./core/control.ts";
export { audioLevel } from "./core/level.ts";
export type { Audible } from "./core/level.ts";
export type { LocalMedia, LocalMediaOptions } from "./core/media.ts";
export type { Participant } from "./core/participants.ts";
export type { PeerChannel } from "./core/peer.ts";
export type {
  JoinOptions,
  PeerInfo,
  SignalMessage,
  Signaling,
  SignalingSession,
} from "./core/signaling.ts";
export type { ConnectionStats, Measurable } from "./core/stats.ts";
export type { Store } from "./core/store.ts";
export { HANDSHAKE_STEPS } from "./core/trace.ts";
export type { HandshakeEvent, HandshakeEventName, HandshakeStep } from "./core/trace.ts";
