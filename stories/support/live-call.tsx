/** Owns the demo: a whole application around a call, whose backend may be changed while it runs. */
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
import { createMeetingPlace, metadataOf } from "./meeting-place.ts";
import { useShowroom } from "./showroom.tsx";
import "./live-call.css";

/** Asks for a name, then shows the call. Another backend in the toolbar is another way to the same people: the call goes on. */
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
            Signaling: <b>{backend.name}</b>. {backend.reach} The toolbar has others.
          </p>
        </>
      ) : (
        <Room media={media} name={name} backend={backend} />
      )}
    </main>
  );
}

function Room({ media, name, backend }: { media: LocalMedia; name: string; backend: Backend }) {
  const { chooseBackend } = useShowroom();
  const [place] = useState(() => createMeetingPlace(backend));
  const choice = useSyncExternalStore(place.subscribe, place.getSnapshot);
  const { signaling } = place;
  const call = useCall({
    room: roomName(),
    media,
    name,
    signaling,
    // Two devices on one local network connect without STUN, and nothing outside it is contacted.
    iceServers: [],
    metadata: metadataOf(choice),
  });

  useEffect(() => place.choose(backend), [place, backend]);
  useEffect(() => place.hear(call.participants), [place, call.participants]);
  // After `useCall` has told the others, by its own effect.
  useEffect(() => place.go(choice), [place, choice]);
  // Somebody else's choice is this toolbar's, too.
  useEffect(() => chooseBackend(choice.backend.name), [chooseBackend, choice]);

  return (
    <CallRoom call={call} media={media}>
      {call.status === "waiting" && <Invitation backend={choice.backend} />}
      <output className="live-backend" data-backend={choice.backend.name}>
        Signaling: <b>{choice.backend.name}</b>. {choice.problem ?? ADVICE}
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
  "Choose another in the toolbar: everybody goes along, and the call stays as it is. Whoever cannot reach it is still seen, and should choose the former one again.";

/** The way to the same call, for the second device. */
function Invitation({ backend }: { backend: Backend }) {
  const [copied, setCopied] = useState(false);
  const url = invitation(backend);
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

const parameter = (name: string) => new URLSearchParams(location.search).get(name) ?? undefined;

const roomName = () => parameter("room") ?? DEMO_ROOM;

/** The toolbar's choice, else that of the link one came by, else the one that reaches furthest. */
function useBackend(): Backend {
  const { backend: chosen } = useShowroom();
  const named = (name: string | undefined) => backends.find((one) => one.name === name);
  return named(chosen) ?? named(parameter("backend")) ?? backends[0]!;
}

/** This very story without Storybook around it: what a phone has room for. */
function invitation(backend: Backend): string {
  const url = new URL("iframe.html", location.href);
  url.searchParams.set("id", "live-call--call");
  url.searchParams.set("viewMode", "story");
  url.searchParams.set("room", roomName());
  url.searchParams.set("backend", backend.name);
  return url.href;
}
