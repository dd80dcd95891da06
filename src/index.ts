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

export { AudioOutlet } from "./components/audio-outlet.tsx";
export type { AudioOutletProps } from "./components/audio-outlet.tsx";
export { AudioOutputSelect } from "./components/audio-output-select.tsx";
export type { AudioOutputSelectProps } from "./components/audio-output-select.tsx";
export { CallRoom } from "./components/call-room.tsx";
export type { CallRoomProps } from "./components/call-room.tsx";
export { CameraButton } from "./components/camera-button.tsx";
export type { CameraButtonProps } from "./components/camera-button.tsx";
export { CallAnnouncer } from "./components/call-announcer.tsx";
export type { CallAnnouncerProps } from "./components/call-announcer.tsx";
export { useAnnouncements } from "./components/use-announcements.ts";
export type { AnnouncementOptions } from "./components/use-announcements.ts";
export { ConnectionBadge } from "./components/connection-badge.tsx";
export type { ConnectionBadgeProps } from "./components/connection-badge.tsx";
export { useConnectionBadge } from "./components/use-connection-badge.ts";
export type { ConnectionBadgeState } from "./components/use-connection-badge.ts";
export { ConnectionBanner } from "./components/connection-banner.tsx";
export type { ConnectionBannerProps } from "./components/connection-banner.tsx";
export { useConnectionNotice } from "./components/use-connection-notice.ts";
export type { ConnectionNotice } from "./components/use-connection-notice.ts";
export { HandshakeTimeline } from "./components/handshake-timeline.tsx";
export type { HandshakeTimelineProps } from "./components/handshake-timeline.tsx";
export { useHandshakeTimeline } from "./components/use-handshake-timeline.ts";
export type {
  HandshakeTimelineOptions,
  HandshakeTimelineState,
  TimelineSubject,
} from "./components/use-handshake-timeline.ts";
export { timelineOf } from "./components/timeline-of.ts";
export type {
  Timeline,
  TimelineOptions,
  TimelineRound,
  TimelineRow,
} from "./components/timeline-of.ts";
export type { CallStageProps } from "./components/call-stage.tsx";
export type { ControlButtonState } from "./components/use-control-button.ts";
export { ControlBar } from "./components/control-bar.tsx";
export type { ControlBarProps, ControlName } from "./components/control-bar.tsx";
export { DeviceSelect } from "./components/device-select.tsx";
export type { DeviceSelectProps } from "./components/device-select.tsx";
export { LeaveButton } from "./components/leave-button.tsx";
export type { LeaveButtonProps } from "./components/leave-button.tsx";
export { LevelMeter } from "./components/level-meter.tsx";
export type { LevelMeterProps } from "./components/level-meter.tsx";
export { en } from "./components/en.ts";
export { ko } from "./components/ko.ts";
export type {
  AnnouncerMessages,
  BadgeMessages,
  BannerMessages,
  DeviceMessages,
  Messages,
  PartialMessages,
  TimelineMessages,
} from "./components/messages.ts";
export { MessagesProvider, useMessages } from "./components/messages-context.tsx";
export type { MessagesProviderProps } from "./components/messages-context.tsx";
export { MicrophoneButton } from "./components/microphone-button.tsx";
export type { MicrophoneButtonProps } from "./components/microphone-button.tsx";
export { OneToOneLayout } from "./components/one-to-one-layout.tsx";
export type { OneToOneLayoutProps } from "./components/one-to-one-layout.tsx";
export { packTiles } from "./components/pack-tiles.ts";
export type { PackOptions, TileBox } from "./components/pack-tiles.ts";
export { browserFamily } from "./components/permission-help.ts";
export type { BrowserFamily } from "./components/permission-help.ts";
export { PreJoin } from "./components/pre-join.tsx";
export type { PreJoinProps } from "./components/pre-join.tsx";
export { ScreenShareButton } from "./components/screen-share-button.tsx";
export type { ScreenShareButtonProps } from "./components/screen-share-button.tsx";
export { SpeakerLayout } from "./components/speaker-layout.tsx";
export type { SpeakerLayoutProps } from "./components/speaker-layout.tsx";
export { useActiveSpeaker } from "./components/use-active-speaker.ts";
export { useAudioOutlet } from "./components/use-audio-outlet.ts";
export type { AudioOutletOptions, AudioOutletState, Voice } from "./components/use-audio-outlet.ts";
export { useAudioOutputSelect } from "./components/use-audio-output-select.ts";
export type {
  AudioOutputSelectOptions,
  AudioOutputSelectState,
} from "./components/use-audio-output-select.ts";
export { CALL_SHORTCUTS, useCallShortcuts } from "./components/use-call-shortcuts.ts";
export type { CallShortcutsOptions } from "./components/use-call-shortcuts.ts";
export { useCameraButton, useMicrophoneButton } from "./components/use-device-button.ts";
export type { DeviceButtonState } from "./components/use-device-button.ts";
export { useDeviceSelect } from "./components/use-device-select.ts";
export type { CaptureKind, DeviceSelectState } from "./components/use-device-select.ts";
export { useLeaveButton } from "./components/use-leave-button.ts";
export type { LeaveButtonState } from "./components/use-leave-button.ts";
export { usePreJoin } from "./components/use-pre-join.ts";
export type { PreJoinOptions, PreJoinPermission, PreJoinState } from "./components/use-pre-join.ts";
export { useScreenShareButton } from "./components/use-screen-share-button.ts";
export type { ScreenShareButtonState } from "./components/use-screen-share-button.ts";
export { useSelfView } from "./components/use-self-view.ts";
export type { Corner, SelfView } from "./components/use-self-view.ts";
export { useSpotlight } from "./components/use-spotlight.ts";
export type { Picture, Spotlight } from "./components/use-spotlight.ts";
export { useVideoGrid } from "./components/use-video-grid.ts";
export type {
  VideoGridOptions,
  VideoGridState,
  VideoGridTile,
} from "./components/use-video-grid.ts";
export { useVideoTile } from "./components/use-video-tile.ts";
export type { VideoTileOptions, VideoTileState } from "./components/use-video-tile.ts";
export { VideoGrid } from "./components/video-grid.tsx";
export type { VideoGridProps } from "./components/video-grid.tsx";
export { VideoTile } from "./components/video-tile.tsx";
export type { VideoTileProps } from "./components/video-tile.tsx";

export { CallError } from "./core/errors.ts";
export type { CallErrorCode } from "./core/errors.ts";
export { DEFAULT_ICE_SERVERS } from "./core/ice-servers.ts";
export type { IceServerList, IceServers } from "./core/ice-servers.ts";
export { createRoomId } from "./core/identity.ts";
export type { Call, CallOptions, CallSettings, CallStore } from "./core/call.ts";
export type { DeviceChoice, MediaControl } from "./core/control.ts";
export { audioLevel } from "./core/level.ts";
export type { Audible } from "./core/level.ts";
export type { OutgoingMedia } from "./core/layout.ts";
export type { Lease } from "./core/lease.ts";
export type { LocalMedia, LocalMediaOptions, LocalMediaStore } from "./core/media.ts";
export type { MediaState } from "./core/messages.ts";
export type { Participant } from "./core/participants.ts";
export { readPreferences, writePreferences } from "./core/preferences.ts";
export type { CallPreferences } from "./core/preferences.ts";
export type { Peer, PeerChannel, PeerOptions, PeerSnapshot } from "./core/peer.ts";
export type {
  JoinOptions,
  PeerInfo,
  SignalMessage,
  Signaling,
  SignalingSession,
  SignalingUsage,
} from "./core/signaling.ts";
export type { ConnectionStats, Measurable } from "./core/stats.ts";
export type { CallStatus, PeerStatus } from "./core/status.ts";
export type { Store, StoreOptions, WritableStore } from "./core/store.ts";
export { parseTrace, recordTrace } from "./core/recorded-trace.ts";
export type {
  Recordable,
  RecordedConnection,
  RecordedEnd,
  RecordedTrace,
  RecordOptions,
} from "./core/recorded-trace.ts";
export { HANDSHAKE_STEPS } from "./core/trace.ts";
export type { HandshakeEvent, HandshakeEventName, HandshakeStep, Trace } from "./core/trace.ts";
