import { useEffect, useState, useSyncExternalStore } from "react";
import {
  CallRoom,
  HandshakeTimeline,
  PreJoin,
  useCall,
  useLocalMedia,
  type LocalMedia,
} from "twocan";
import { backends, type Backend } from "./backends.ts";
import { createSharedBackend, metadataOf } from "./shared-backend.ts";
import { useToolbar } from "./toolbar.tsx";
import "./live-call.css";

/**
 * Asks for a name and then shows the call. Another backend in the toolbar moves the signaling of the
 * running call.
 */
export function LiveCall() {
  const media = useLocalMedia({ autoStart: false });
  const [name, setName] = useState<string>();
  const backend = useBackend();
  return (
    <main className="live">
      {name === undefined ? (
        <>
          <PreJoin media={media} onJoin={(details) => setName(details.name)} />
          <p className="live-backend">
            Signaling: <b>{backend.name}</b>. {backend.reach} Select another one in the toolbar.
          </p>
        </>
      ) : (
        <Room media={media} name={name} backend={backend} />
      )}
    </main>
  );
}

function Room({ media, name, backend }: { media: LocalMedia; name: string; backend: Backend }) {
  const { selectBackend } = useToolbar();
  const [shared] = useState(() => createSharedBackend(backend));
  const selection = useSyncExternalStore(shared.subscribe, shared.getSnapshot);
  const { signaling } = shared;
  const call = useCall({
    room: roomName(),
    media,
    name,
    signaling,
    // Two devices on one local network connect without STUN, so no server outside of it is contacted.
    iceServers: [],
    metadata: metadataOf(selection),
  });

  useEffect(() => shared.select(backend), [shared, backend]);
  useEffect(() => shared.follow(call.participants), [shared, call.participants]);
  // Runs after the effect of `useCall`, which sends the metadata on the current backend.
  useEffect(() => shared.swap(selection), [shared, selection]);
  // The toolbar shows the selection of a remote participant, too.
  useEffect(() => selectBackend(selection.backend.name), [selectBackend, selection]);

  return (
    <CallRoom call={call} media={media}>
      {call.status === "waiting" && <Invitation backend={selection.backend} />}
      <output className="live-backend" data-backend={selection.backend.name}>
        Signaling: <b>{selection.backend.name}</b>. {selection.problem ?? ADVICE}
      </output>
      {call.participants.length > 0 && (
        <details className="live-handshake">
          <summary>What happened between the two browsers</summary>
          <HandshakeTimeline subject={call} />
        </details>
      )}
    </CallRoom>
  );
}

const ADVICE =
  "Select another backend in the toolbar: all participants follow, and the call continues. A participant who cannot reach it stays visible, and should select the previous backend again.";

/** Shows the link to this call, for a second device. */
function Invitation({ backend }: { backend: Backend }) {
  const [copied, setCopied] = useState(false);
  const url = invitation(backend);
  const copy = async () => {
    // The clipboard requires a secure context. Without it, the user copies the link from the field.
    await navigator.clipboard?.writeText(url).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <section className="live-invitation" aria-label="Invitation">
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

/** For the demo only. Use `createRoomId()`: whether a user can join depends on knowing the name. */
const DEMO_ROOM = "c_twocan_live_call_demo";

const parameter = (name: string) => new URLSearchParams(location.search).get(name) ?? undefined;

const roomName = () => parameter("room") ?? DEMO_ROOM;

/** Returns the backend of the toolbar, otherwise that of the invitation, otherwise the first one. */
function useBackend(): Backend {
  const { backend: selected } = useToolbar();
  const named = (name: string | undefined) => backends.find((one) => one.name === name);
  return named(selected) ?? named(parameter("backend")) ?? backends[0]!;
}

/** Returns the link to this story without the Storybook UI, so that it fits a phone. */
function invitation(backend: Backend): string {
  const url = new URL("iframe.html", location.href);
  url.searchParams.set("id", "live-call--call");
  url.searchParams.set("viewMode", "story");
  url.searchParams.set("room", roomName());
  url.searchParams.set("backend", backend.name);
  return url.href;
}
