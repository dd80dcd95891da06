/** An application with all hooks renders where there is no browser, and making it touches nothing. */
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

/** What only a browser has, or what only somebody who begins something needs. */
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

/** The globals, and the application's own objects, that were touched. */
const touched: string[] = [];

/** Runs `task` with a trap on each global. Only then: the test runner itself writes to `setTimeout`. */
function during<T>(task: () => T): { result: T; touched: string[] } {
  const former = GLOBALS.map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  );
  for (const [name, own] of former)
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get() {
        touched.push(name);
        return own?.get ? (own.get.call(globalThis) as unknown) : (own?.value as unknown);
      },
    });
  touched.length = 0;
  try {
    return { result: task(), touched: touched.splice(0) };
  } finally {
    for (const [name, own] of former)
      if (own) Object.defineProperty(globalThis, name, own);
      else Reflect.deleteProperty(globalThis, name);
  }
}

const signaling: Signaling = {
  join() {
    touched.push("signaling.join");
    return Promise.reject(new Error("Nobody joins on a server."));
  },
};
const channel: PeerChannel = {
  async send() {
    touched.push("channel.send");
  },
  subscribe() {
    touched.push("channel.subscribe");
    return () => {};
  },
};
const iceServers = async () => {
  touched.push("iceServers");
  return [];
};

function Page() {
  const media = useLocalMedia({ audio: true, video: true });
  const call = useCall({ room: "standup", media, name: "<Mina>" });
  const unheld = useCall({ room: "retro", autoJoin: false });
  const peer = usePeerConnection({ channel, role: "caller", streams: [] });
  const steps = useHandshake(call).length + useHandshake(peer).length;
  return (
    <p>
      {[media.status, call.status, call.self.name, unheld.status, peer.status, steps].join(" ")}
    </p>
  );
}

it("an application with every hook renders on a server, and touches nothing there", () => {
  const app = (
    <CallProvider signaling={signaling} iceServers={iceServers}>
      <Page />
    </CallProvider>
  );
  // Once before, so that what React itself does at first is not counted.
  renderToString(<p />);
  const { result, touched: inside } = during(() => renderToString(app));
  expect(result).toBe("<p>prompting idle &lt;Mina&gt; idle new 0</p>");
  expect(inside).toEqual([]);
});

it("two requests at once know nothing of each other", () => {
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
] as const)("making %s does nothing", (_what, make) => {
  const { result, touched: inside } = during(() => make().getSnapshot().status);
  expect(result).toMatch(/^(prompting|idle|new)$/);
  expect(inside).toEqual([]);
});

it("a trap that is stepped on is seen", () => {
  expect(during(() => typeof navigator).touched).toEqual(["navigator"]);
});
