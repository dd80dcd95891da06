import {
  CameraButton,
  LeaveButton,
  VideoGrid,
  useCall,
  useLocalMedia,
  type Signaling,
} from "twocan";

/** The application under test: one call. */
export function App({ name, signaling }: { name: string; signaling: Signaling }) {
  const media = useLocalMedia();
  const call = useCall({ room: "standup", media, name, signaling });
  return (
    <main aria-label={name}>
      <output>{call.status}</output>
      {media.camera.error && <p role="alert">{media.camera.error.message}</p>}
      <VideoGrid call={call} />
      <CameraButton media={media} />
      <LeaveButton call={call} />
    </main>
  );
}
