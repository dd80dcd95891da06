import { renderToString } from "react-dom/server";
import { expect, it } from "vitest";
import {
  CallProvider,
  useCall,
  useHandshake,
  useLocalMedia,
  usePeerConnection,
  type PeerChannel,
  type Signaling,
} from "../../src/index.ts";
import { createCall, createLocalMedia, createPeer } from "../../src/core/index.ts";

/** Globals that only a browser has, and those that only code with side effects uses. */
const GLOBALS = [
  "window",
  "document",
  "navigator",
  "sessionStorage",
  "localStorage",
  "RTCPeerConnection",
  "MediaStream",
  "AudioContext",
  "crypto",
  "fetch",
  "WebSocket",
  "BroadcastChannel",
  "setTimeout",
  "setInterval",
  "queueMicrotask",
];

/** The globals and callbacks that were accessed. */
const accessed: string[] = [];

/** Runs `task` with a trap on each global. The traps are removed afterwards, because the test runner writes to `setTimeout`. */
function during<T>(task: () => T): { result: T; accessed: string[] } {
  const originals = GLOBALS.map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  );
  for (const [name, own] of originals)
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get() {
        accessed.push(name);
        return own?.get ? (own.get.call(globalThis) as unknown) : (own?.value as unknown);
      },
    });
  accessed.length = 0;
  try {
    return { result: task(), accessed: accessed.splice(0) };
  } finally {
    for (const [name, own] of originals)
      if (own) Object.defineProperty(globalThis, name, own);
      else Reflect.deleteProperty(globalThis, name);
  }
}

const signaling: Signaling = {
  join() {
    accessed.push("signaling.join");
    return Promise.reject(new Error("A server does not join calls."));
  },
};
const channel: PeerChannel = {
  async send() {
    accessed.push("channel.send");
  },
  subscribe() {
    accessed.push("channel.subscribe");
    return () => {};
  },
};
const iceServers = async () => {
  accessed.push("iceServers");
  return [];
};

function Page() {
  const media = useLocalMedia({ audio: true, video: true });
  const call = useCall({ room: "standup", media, name: "<Mina>" });
  const idleCall = useCall({ room: "retro", autoJoin: false });
  const peer = usePeerConnection({ channel, role: "caller", streams: [] });
  const steps = useHandshake(call).length + useHandshake(peer).length;
  return (
    <p>
      {[media.status, call.status, call.self.name, idleCall.status, peer.status, steps].join(" ")}
    </p>
  );
}

it("renders an application with every hook on a server without accessing browser globals", () => {
  const app = (
    <CallProvider signaling={signaling} iceServers={iceServers}>
      <Page />
    </CallProvider>
  );
  // What React accesses in its first render does not count.
  renderToString(<p />);
  const { result, accessed: inside } = during(() => renderToString(app));
  expect(result).toBe("<p>prompting idle &lt;Mina&gt; idle new 0</p>");
  expect(inside).toEqual([]);
});

it("keeps two simultaneous requests separate", () => {
  const app = (name: string) => {
    function Named() {
      return <b>{useCall({ room: "standup", name, signaling }).self.name}</b>;
    }
    return <Named />;
  };
  expect([renderToString(app("Mina")), renderToString(app("Jun"))]).toEqual([
    "<b>Mina</b>",
    "<b>Jun</b>",
  ]);
});

it.each([
  ["media", () => createLocalMedia()],
  ["a call", () => createCall({ room: "standup", signaling, iceServers })],
  ["a peer", () => createPeer({ channel, role: "caller", configuration: async () => ({}) })],
] as const)("has no side effects when creating %s", (_what, make) => {
  const { result, accessed: inside } = during(() => make().getSnapshot().status);
  expect(result).toMatch(/^(prompting|idle|new)$/);
  expect(inside).toEqual([]);
});

it("detects access to a trapped global", () => {
  expect(during(() => typeof navigator).accessed).toEqual(["navigator"]);
});
