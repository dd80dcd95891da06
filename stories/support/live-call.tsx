/** Owns the demo: the whole application that somebody would write around the hooks. */
import { useState } from "react";
import {
  CameraButton,
  LeaveButton,
  MicrophoneButton,
  ScreenShareButton,
  useCall,
  useLocalMedia,
  useMessages,
  VideoGrid,
  type CallError,
} from "twocan";
import type { Signaling } from "twocan/core";
import { backends } from "./backends.ts";
import "./live-call.css";

interface Joined {
  room: string;
  name: string;
  signaling: Signaling;
}

/** Asks for a name, then shows the call. Nothing is captured before somebody presses Join. */
export function LiveCall() {
  const [joined, setJoined] = useState<Joined>();
  return joined ? (
    <Room {...joined} onLeave={() => setJoined(undefined)} />
  ) : (
    <Lobby onJoin={setJoined} />
  );
}

/** The call itself: two hooks, the grid and the buttons. */
function Room({ room, name, signaling, onLeave }: Joined & { onLeave: () => void }) {
  const media = useLocalMedia({ audio: true, video: true });
  const call = useCall({ room, media, name, signaling });
  return (
    <main className="live">
      {/* A call that has failed says so in the grid. */}
      {call.status !== "failed" && <Problem error={call.error} />}
      <Problem error={media.error ?? media.microphone.error ?? media.camera.error} />
      <VideoGrid call={call} />
      <div className="live-bar">
        <MicrophoneButton media={media} />
        <CameraButton media={media} />
        <ScreenShareButton media={media} />
        <LeaveButton call={call} onClick={onLeave} />
      </div>
      {call.status === "waiting" && <Invitation />}
    </main>
  );
}

/** What went wrong, with what to do about it: each error names its remedy. */
function Problem({ error }: { error: CallError | undefined }) {
  const messages = useMessages();
  if (!error) return null;
  return (
    <p role="alert" className="live-problem" data-code={error.code}>
      {messages.errors[error.code]}
    </p>
  );
}

function Lobby({ onJoin }: { onJoin: (joined: Joined) => void }) {
  const [name, setName] = useState("");
  const [choice, setChoice] = useState(chosenBackend);
  const backend = backends[choice] ?? backends[0]!;

  const join = async () => {
    chooseBackend(choice);
    onJoin({ room: roomName(), name: name.trim() || "Guest", signaling: await backend.open() });
  };
  return (
    <main className="live">
      <form
        className="live-lobby"
        onSubmit={(event) => {
          event.preventDefault();
          void join();
        }}
      >
        <h1>Live call</h1>
        <label>
          Your name
          <input
            value={name}
            maxLength={80}
            autoComplete="name"
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <label>
          Signaling
          <select value={choice} onChange={(event) => setChoice(Number(event.target.value))}>
            {backends.map((one, index) => (
              <option key={one.name} value={index}>
                {one.name}
              </option>
            ))}
          </select>
          <small>{backend.reach}</small>
        </label>
        <button type="submit">Join</button>
        <small>Joining asks for your camera and microphone.</small>
      </form>
    </main>
  );
}

/** The way to the same call, for the second device. */
function Invitation() {
  const [copied, setCopied] = useState(false);
  const url = location.href;
  const copy = async () => {
    // The clipboard needs a secure page; the address stays there to be copied by hand.
    await navigator.clipboard?.writeText(url).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <section className="live-invitation" aria-label="Invite somebody">
      <p>Open this on the second device, or in a second tab, and join:</p>
      <div>
        <input
          readOnly
          value={url}
          aria-label="Link to this call"
          onFocus={(event) => event.target.select()}
        />
        <button type="button" onClick={() => void copy()}>
          {copied ? "Copied" : "Copy link"}
        </button>
      </div>
    </section>
  );
}

/** Of the demo. Real rooms come from `createRoomId()`: who can guess a name can come in. */
const DEMO_ROOM = "c_twocan_live_call_demo";

function roomName(): string {
  return new URLSearchParams(location.search).get("room") ?? DEMO_ROOM;
}

function chosenBackend(): number {
  const name = new URLSearchParams(location.search).get("backend");
  return Math.max(
    0,
    backends.findIndex((one) => one.name === name),
  );
}

/** Keeps room and backend in the address, which is thereby the invitation. */
function chooseBackend(index: number): void {
  const url = new URL(location.href);
  url.searchParams.set("room", roomName());
  url.searchParams.set("backend", backends[index]?.name ?? "");
  history.replaceState(history.state, "", url);
}
