/** "twocan": the hooks, the provider, the components and their types, named one by one. */
export { useLocalMedia } from "./react/use-local-media.ts";
export { usePeerConnection } from "./react/use-peer-connection.ts";
export type { PeerConnectionOptions, PeerConnectionState } from "./react/use-peer-connection.ts";
export { useCall } from "./react/use-call.ts";
export { useHandshake } from "./react/use-handshake.ts";
export { useAudioLevel, useSpeaking } from "./react/use-audio-level.ts";
export { useConnectionStats } from "./react/use-connection-stats.ts";
export { useStore } from "./react/use-store.ts";
export { useSavePreferences } from "./react/use-save-preferences.ts";
export type { SavePreferencesOptions } from "./react/use-save-preferences.ts";
export { CallProvider, useCurrentCall, useCurrentMedia } from "./react/call-provider.tsx";
export type { CallDefaults, CallProviderProps } from "./react/call-provider.tsx";

export { CallAudio } from "./components/audio/call-audio.tsx";
export type { CallAudioProps } from "./components/audio/call-audio.tsx";
export { AudioOutputSelect } from "./components/audio/audio-output-select.tsx";
export type { AudioOutputSelectProps } from "./components/audio/audio-output-select.tsx";
export { CallRoom } from "./components/call-room/call-room.tsx";
export type { CallRoomProps } from "./components/call-room/call-room.tsx";
export { CameraButton } from "./components/controls/camera-button.tsx";
export type { CameraButtonProps } from "./components/controls/camera-button.tsx";
export { CallAnnouncer } from "./components/call-room/call-announcer.tsx";
export type { CallAnnouncerProps } from "./components/call-room/call-announcer.tsx";
export { useAnnouncements } from "./components/call-room/use-announcements.ts";
export type { AnnouncementOptions } from "./components/call-room/use-announcements.ts";
export { ConnectionBadge } from "./components/connection/connection-badge.tsx";
export type { ConnectionBadgeProps } from "./components/connection/connection-badge.tsx";
export { useConnectionBadge } from "./components/connection/use-connection-badge.ts";
export type { ConnectionBadgeState } from "./components/connection/use-connection-badge.ts";
export { ConnectionBanner } from "./components/connection/connection-banner.tsx";
export type { ConnectionBannerProps } from "./components/connection/connection-banner.tsx";
export { useConnectionNotice } from "./components/connection/use-connection-notice.ts";
export type { ConnectionNotice } from "./components/connection/use-connection-notice.ts";
export { HandshakeTimeline } from "./components/handshake-timeline/handshake-timeline.tsx";
export type { HandshakeTimelineProps } from "./components/handshake-timeline/handshake-timeline.tsx";
export { useHandshakeTimeline } from "./components/handshake-timeline/use-handshake-timeline.ts";
export type {
  HandshakeTimelineOptions,
  HandshakeTimelineState,
  TimelineSubject,
} from "./components/handshake-timeline/use-handshake-timeline.ts";
export { timelineOf } from "./components/handshake-timeline/timeline-of.ts";
export type {
  Timeline,
  TimelineOptions,
  TimelineRound,
  TimelineRow,
} from "./components/handshake-timeline/timeline-of.ts";
export type { CallStageProps } from "./components/layouts/call-stage.tsx";
export type { ControlButtonState } from "./components/controls/use-control-button.ts";
export { ControlBar } from "./components/controls/control-bar.tsx";
export type { ControlBarProps, ControlName } from "./components/controls/control-bar.tsx";
export { DeviceSelect } from "./components/controls/device-select.tsx";
export type { DeviceSelectProps } from "./components/controls/device-select.tsx";
export { LeaveButton } from "./components/controls/leave-button.tsx";
export type { LeaveButtonProps } from "./components/controls/leave-button.tsx";
export { LevelMeter } from "./components/audio/level-meter.tsx";
export type { LevelMeterProps } from "./components/audio/level-meter.tsx";
export { en } from "./components/i18n/en.ts";
export { ko } from "./components/i18n/ko.ts";
export type {
  AnnouncerMessages,
  BadgeMessages,
  BannerMessages,
  DeviceMessages,
  Messages,
  PartialMessages,
  TimelineMessages,
} from "./components/i18n/messages.ts";
export { MessagesProvider, useMessages } from "./components/i18n/messages-context.tsx";
export type { MessagesProviderProps } from "./components/i18n/messages-context.tsx";
export { MicrophoneButton } from "./components/controls/microphone-button.tsx";
export type { MicrophoneButtonProps } from "./components/controls/microphone-button.tsx";
export { OneToOneLayout } from "./components/layouts/one-to-one-layout.tsx";
export type { OneToOneLayoutProps } from "./components/layouts/one-to-one-layout.tsx";
export { packTiles } from "./components/layouts/pack-tiles.ts";
export type { PackOptions, TileBox } from "./components/layouts/pack-tiles.ts";
export { browserFamily } from "./components/pre-join/permission-help.ts";
export type { BrowserFamily } from "./components/pre-join/permission-help.ts";
export { PreJoin } from "./components/pre-join/pre-join.tsx";
export type { PreJoinProps } from "./components/pre-join/pre-join.tsx";
export { ScreenShareButton } from "./components/controls/screen-share-button.tsx";
export type { ScreenShareButtonProps } from "./components/controls/screen-share-button.tsx";
export { SpeakerLayout } from "./components/layouts/speaker-layout.tsx";
export type { SpeakerLayoutProps } from "./components/layouts/speaker-layout.tsx";
export { useActiveSpeaker } from "./components/layouts/use-active-speaker.ts";
export { useCallAudio } from "./components/audio/use-call-audio.ts";
export type {
  CallAudioOptions,
  CallAudioState,
  RemoteAudio,
} from "./components/audio/use-call-audio.ts";
export { useAudioOutputSelect } from "./components/audio/use-audio-output-select.ts";
export type {
  AudioOutputSelectOptions,
  AudioOutputSelectState,
} from "./components/audio/use-audio-output-select.ts";
export { CALL_SHORTCUTS, useCallShortcuts } from "./components/call-room/use-call-shortcuts.ts";
export type { CallShortcutsOptions } from "./components/call-room/use-call-shortcuts.ts";
export { useCameraButton, useMicrophoneButton } from "./components/controls/use-device-button.ts";
export type { DeviceButtonState } from "./components/controls/use-device-button.ts";
export { useDeviceSelect } from "./components/controls/use-device-select.ts";
export type { CaptureKind, DeviceSelectState } from "./components/controls/use-device-select.ts";
export { useLeaveButton } from "./components/controls/use-leave-button.ts";
export type { LeaveButtonState } from "./components/controls/use-leave-button.ts";
export { usePreJoin } from "./components/pre-join/use-pre-join.ts";
export type {
  PreJoinOptions,
  PreJoinPermission,
  PreJoinState,
} from "./components/pre-join/use-pre-join.ts";
export { useScreenShareButton } from "./components/controls/use-screen-share-button.ts";
export type { ScreenShareButtonState } from "./components/controls/use-screen-share-button.ts";
export { useSelfView } from "./components/layouts/use-self-view.ts";
export type { SelfViewCorner, SelfView } from "./components/layouts/use-self-view.ts";
export { useSpotlight } from "./components/layouts/use-spotlight.ts";
export type { TileSource, Spotlight } from "./components/layouts/use-spotlight.ts";
export { useVideoGrid } from "./components/layouts/use-video-grid.ts";
export type {
  VideoGridOptions,
  VideoGridState,
  VideoGridTile,
} from "./components/layouts/use-video-grid.ts";
export { useVideoTile } from "./components/video-tile/use-video-tile.ts";
export type {
  VideoSource,
  VideoTileOptions,
  VideoTileState,
} from "./components/video-tile/use-video-tile.ts";
export { VideoGrid } from "./components/layouts/video-grid.tsx";
export type { VideoGridProps } from "./components/layouts/video-grid.tsx";
export { VideoTile } from "./components/video-tile/video-tile.tsx";
export type { VideoTileProps } from "./components/video-tile/video-tile.tsx";

export { CallError } from "./core/lib/errors.ts";
export type { CallErrorCode } from "./core/lib/errors.ts";
export { DEFAULT_ICE_SERVERS } from "./core/peer/ice-servers.ts";
export type { IceServerList, IceServers } from "./core/peer/ice-servers.ts";
export { createRoomId } from "./core/signaling/identity.ts";
export type { Call, CallOptions, CallSettings, CallStore } from "./core/call/call.ts";
export type {
  DeviceChoice,
  DeviceControl,
  DeviceControlBase,
} from "./core/media/device-control.ts";
export type { DeviceState, DeviceStatus } from "./core/media/device-state.ts";
export { audioLevel } from "./core/stats/audio-level.ts";
export type { AudioSource } from "./core/stats/audio-level.ts";
export type { OutgoingMedia } from "./core/media/outgoing-media.ts";
export type { Retained } from "./core/lib/retained.ts";
export type { LocalMediaStore } from "./core/media/local-media.ts";
export type {
  LocalMedia,
  LocalMediaBase,
  LocalMediaOptions,
  LocalMediaState,
  LocalMediaStatus,
} from "./core/media/local-media-state.ts";
export type { MediaState } from "./core/signaling/protocol.ts";
export type { Participant, ParticipantStatus } from "./core/call/participants.ts";
export type { Metadata, Register } from "./core/lib/register.ts";
export type {
  RemoteParticipant,
  Transport,
  TransportOptions,
  TransportSession,
} from "./core/transport/transport.ts";
export { readPreferences, writePreferences } from "./core/call/preferences.ts";
export type { CallPreferences } from "./core/call/preferences.ts";
export type { Peer, PeerChannel, PeerOptions, PeerSnapshot } from "./core/peer/peer.ts";
export type {
  JoinOptions,
  PeerInfo,
  SignalMessage,
  Signaling,
  SignalingSession,
  SignalingUsage,
} from "./core/signaling/signaling.ts";
export type { ConnectionStats, StatsSource } from "./core/stats/connection-stats.ts";
export type { PeerStatus } from "./core/peer/peer-status.ts";
export type { CallOutcome, CallStatus } from "./core/call/call-status.ts";
export type { Store, StoreOptions, WritableStore } from "./core/lib/store.ts";
export { parseTrace, recordTrace } from "./core/call/recorded-trace.ts";
export type {
  TraceSource,
  RecordedConnection,
  RecordedEnd,
  RecordedTrace,
  RecordOptions,
} from "./core/call/recorded-trace.ts";
export { HANDSHAKE_STEPS } from "./core/stats/handshake-trace.ts";
export type {
  HandshakeEvent,
  HandshakeEventName,
  HandshakeStep,
  Trace,
} from "./core/stats/handshake-trace.ts";
