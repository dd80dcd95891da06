/** The page under test, written like an application. URL parameters select the backend. */
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import {
  CameraButton,
  LeaveButton,
  MicrophoneButton,
  ScreenShareButton,
  useCall,
  useHandshake,
  useLocalMedia,
  VideoGrid,
  type Signaling,
} from "twocan";
import { broadcastChannelSignaling } from "twocan/broadcast-channel";
import { webSocketSignaling } from "twocan/websocket";
import "twocan/styles.css";
import { allowLoopbackOnly } from "../../support/loopback-only.ts";

allowLoopbackOnly();
const query = new URLSearchParams(location.search);
const get = (name: string) => query.get(name) ?? undefined;

async function signalingOf(backend: string | undefined): Promise<Signaling | undefined> {
  if (backend === "websocket") return webSocketSignaling(get("relay") ?? "");
  if (backend === "firestore")
    return (await import("./firestore.ts")).signedIn(get("firestore"), get("project"), get("uid"));
  if (backend === "default")
    return (await import("./firestore.ts")).defaultApp(get("firestore"), get("project"));
  return broadcastChannelSignaling();
}

/** Small, because four participants on one machine encode and decode twelve videos at once. */
const SMALL = { video: { width: 160, height: 120, frameRate: 10 } };

function Room({ signaling, onLeave }: { signaling: Signaling | undefined; onLeave: () => void }) {
  const media = useLocalMedia(SMALL);
  const call = useCall({
    room: get("room") ?? "e2e",
    media,
    name: get("name"),
    signaling,
    iceServers: [],
  });
  const handshake = useHandshake(call);
  const steps = [...new Set(handshake.flatMap(({ step }) => step ?? []))].toSorted((a, b) => a - b);
  return (
    <main>
      <VideoGrid call={call} />
      <MicrophoneButton media={media} />
      <CameraButton media={media} />
      <ScreenShareButton media={media} />
      <select
        aria-label="Camera"
        value={media.camera.deviceId ?? ""}
        onChange={(event) => void media.camera.select(event.target.value)}
      >
        {media.camera.devices.map(({ deviceId, label }) => (
          <option key={deviceId} value={deviceId}>
            {label}
          </option>
        ))}
      </select>
      <LeaveButton call={call} />
      <button type="button" onClick={() => void call.join()}>
        Join
      </button>
      <button type="button" onClick={onLeave}>
        Close
      </button>
      <p data-testid="id">{call.self.id}</p>
      <p data-testid="status">{call.status}</p>
      <p data-testid="names">{call.participants.map(({ name }) => name).join(" ")}</p>
      <p data-testid="steps">{steps.join(" ")}</p>
      <p data-testid="rounds">{Math.max(0, ...handshake.map(({ round }) => round))}</p>
      <p data-testid="error">{call.error && `${call.error.code}: ${call.error.message}`}</p>
    </main>
  );
}

function App({ signaling }: { signaling: Signaling | undefined }) {
  const [open, setOpen] = useState(true);
  return open ? <Room signaling={signaling} onLeave={() => setOpen(false)} /> : <p>Closed</p>;
}

const signaling = await signalingOf(get("backend"));
createRoot(document.querySelector("#root")!).render(
  <StrictMode>
    <App signaling={signaling} />
  </StrictMode>,
);
