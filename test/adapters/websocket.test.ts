import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { webSocketSignaling } from "../../src/adapters/websocket.ts";
import { createRelay, type Relay, type RelayOptions } from "../../src/relay/index.ts";
import {
  describeSignaling,
  unique,
  visit as visitRoom,
  type TestClient,
} from "../../src/testing/conformance/describe-signaling.ts";
import type { Signaling } from "../../src/core/signaling/signaling.ts";
import { layCable, type Cable } from "../support/cable.ts";
import { NON_OBJECTS, MALFORMED_OBJECTS } from "../support/malformed-values.ts";

const visit = (signaling: Signaling, room: string, name: string) =>
  visitRoom(signaling, { room, name });

describeSignaling(
  { describe, it },
  "webSocketSignaling()",
  async () => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const relay = await createRelay({ server });
    const cables: Cable[] = [];

    /** A client without the adapter that sends these frames. */
    async function speak(...frames: string[]): Promise<void> {
      const socket = new WebSocket(relay.url);
      await once(socket, "open");
      for (const frame of frames) socket.send(frame);
      const pong = once(socket, "pong");
      socket.ping();
      await Promise.race([pong, once(socket, "close")]);
      socket.terminate();
    }
    const join = (room: string, id: string) =>
      JSON.stringify({ type: "join", room, peer: { id }, secret: "the secret of another client" });

    return {
      async peer() {
        const cable = await layCable(relay.port);
        cables.push(cable);
        return {
          signaling: webSocketSignaling(`ws://127.0.0.1:${cable.port}`, { WebSocket }),
          disconnect: cable.pull,
          reconnect: () => cable.mend(),
          // As the system does for a process that crashes. relay.test.ts tests peers that only stop answering.
          vanish: cable.pull,
        };
      },
      open: () =>
        new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count))),
      async garbage({ room, id }) {
        const frame = (message: string) => `{"type":"send","to":"${id}","message":${message}}`;
        await speak(join(room, "stranger"), ...MALFORMED_OBJECTS.map(frame));
        // One connection for each text, because the relay closes a connection after many malformed frames.
        for (const text of NON_OBJECTS) await speak(join(room, "stranger"), text, frame(text));
      },
      async forge({ room, from, to, message }) {
        await speak(join(room, from), JSON.stringify({ type: "send", from, to, message }));
        await speak(join(room, "liar"), JSON.stringify({ type: "send", from, to, message }));
      },
      async close() {
        for (const cable of cables) cable.close();
        await relay.close();
        server.close();
      },
    };
  },
  { vanishesWithin: 0 },
);

describe("webSocketSignaling()", () => {
  let relay: Relay;
  /** Keeps the address while there is no relay, because another test may take a port that is free. */
  let cable: Cable;
  let room: string;
  const leaves: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    relay = await createRelay();
    cable = await layCable(relay.port);
    room = unique("room");
  });
  afterEach(async () => {
    vi.useRealTimers();
    for (const leave of leaves.splice(0)) await leave();
    cable.close();
    await relay.close();
  });

  const address = () => `ws://127.0.0.1:${cable.port}`;

  async function enter(name: string, url: () => string | Promise<string> = address) {
    const visitor = await visit(webSocketSignaling(url, { WebSocket }), room, name);
    leaves.push(() => visitor.leave());
    return visitor;
  }

  /** Ends the relay; returns a function that starts another one at the same address. */
  const stopRelay = async () => {
    await relay.close();
    cable.pull();
    return async (options?: RelayOptions) => {
      relay = await createRelay(options);
      cable.mend(relay.port);
    };
  };
  const statusOf = (visitor: TestClient) => visitor.statuses.at(-1);

  it("reconnects as the same peer when the relay restarts, and reports it", async () => {
    const [mina, jun] = [await enter("mina"), await enter("jun")];
    const startAgain = await stopRelay();
    await expect
      .poll(() => [statusOf(mina), statusOf(jun)])
      .toEqual(["disconnected", "disconnected"]);
    await expect(mina.send(jun, { text: "stale" })).rejects.toMatchObject({
      code: "signaling-unavailable",
    });
    await mina.update({ name: "Mina K." });
    await startAgain();
    const cameBack = ["connected", "disconnected", "connected"];
    await expect.poll(() => [mina.statuses, jun.statuses]).toEqual([cameBack, cameBack]);
    await expect.poll(() => [mina.ids(), jun.ids()]).toEqual([[jun.id], [mina.id]]);
    expect(jun.peers[0]?.name).toBe("Mina K.");
    await mina.send(jun, { text: "fresh" });
    await expect.poll(() => jun.packets.map(({ message }) => message["text"])).toEqual(["fresh"]);
    expect([...mina.errors, ...jun.errors]).toEqual([]);
  });

  it("calls the address function for each connection", async () => {
    const asked: string[] = [];
    const mina = await enter("mina", async () => {
      asked.push(`token ${asked.length}`);
      if (asked.length === 1) throw new Error("no token to be had yet");
      return `${address()}?token=${asked.length}`;
    });
    expect(asked).toEqual(["token 0", "token 1"]);
    const startAgain = await stopRelay();
    await startAgain();
    await expect.poll(() => mina.statuses).toEqual(["connected", "disconnected", "connected"]);
    expect(asked.length).toBeGreaterThan(2);
  });

  it("explains what to do when no relay is running", async () => {
    await stopRelay();
    const signaling = webSocketSignaling(address, { WebSocket, timeout: 1_500 });
    const joining = visit(signaling, room, "mina");
    await expect(joining).rejects.toMatchObject({
      code: "signaling-unavailable",
      message: expect.stringMatching(/127\.0\.0\.1.*npx -p twocan twocan-relay/),
      cause: expect.any(Error),
    });
  });

  it("waits for a relay that starts a little later", async () => {
    const startAgain = await stopRelay();
    const joining = enter("mina");
    await startAgain();
    const mina = await joining;
    expect(mina.statuses).toEqual(["connected"]);
  });

  it("rejects with the reason of the relay, and does not reconnect", async () => {
    const startAgain = await stopRelay();
    await startAgain({ limits: { peersPerRoom: 1 } });
    await enter("mina");
    const asked: number[] = [];
    const joining = enter("jun", () => {
      asked.push(Date.now());
      return address();
    });
    await expect(joining).rejects.toMatchObject({ code: "room-full" });
    expect(asked.length).toBe(1);
  });

  it("reports when the relay closes the connection for a flood", async () => {
    const startAgain = await stopRelay();
    await startAgain({ limits: { burst: 1, perSecond: 1_000 } });
    const mina = await enter("mina");
    for (let index = 0; index < 50; index += 1)
      void mina.send({ id: "absent" }, { text: "flood" }).catch(() => undefined);
    await expect.poll(() => mina.errors).toMatchObject([{ code: "signaling-denied" }]);
    await expect.poll(() => mina.statuses).toEqual(["connected", "disconnected"]);
  });

  it("rejects a packet for which the relay would close the connection", async () => {
    const [mina, jun] = [await enter("mina"), await enter("jun")];
    const text = "x".repeat(131_072);
    await expect(mina.send(jun, { text })).rejects.toMatchObject({ code: "message-invalid" });
    await mina.send(jun, { text: "short" });
    await expect.poll(() => jun.packets.length).toBe(1);
    expect(mina.statuses).toEqual(["connected"]);
  });

  it("reconnects at once when the browser is online again", async () => {
    const events = new EventTarget();
    vi.stubGlobal("addEventListener", events.addEventListener.bind(events));
    const mina = await enter("mina");
    const jun = await enter("jun");
    vi.unstubAllGlobals();
    events.dispatchEvent(new Event("online"));
    await expect.poll(() => mina.statuses).toEqual(["connected", "disconnected", "connected"]);
    await expect.poll(() => jun.statuses).toEqual(["connected", "disconnected", "connected"]);
    await expect.poll(() => [mina.ids(), jun.ids()]).toEqual([[jun.id], [mina.id]]);
  });

  it("leaves on pagehide", async () => {
    const jun = await enter("jun");
    // Mina's page is another one than Jun's, with its own modules.
    vi.resetModules();
    const { webSocketSignaling: ofThatPage } = await import("../../src/adapters/websocket.ts");
    const events = new EventTarget();
    vi.stubGlobal("addEventListener", events.addEventListener.bind(events));
    const mina = await visit(ofThatPage(relay.url, { WebSocket }), room, "mina");
    vi.unstubAllGlobals();
    await expect.poll(() => jun.ids()).toEqual([mina.id]);
    events.dispatchEvent(new Event("pagehide"));
    await expect.poll(() => jun.ids()).toEqual([]);
    await expect(mina.send(jun, {})).rejects.toMatchObject({ code: "aborted" });
  });

  it("rejects with unsupported without a WebSocket class", async () => {
    vi.stubGlobal("WebSocket", undefined);
    const joining = visit(webSocketSignaling(relay.url), room, "mina");
    await expect(joining).rejects.toMatchObject({ code: "unsupported" });
    vi.unstubAllGlobals();
  });
});

describe("webSocketSignaling() with a faulty relay", () => {
  let server: WebSocketServer;
  let url: string;
  const answers: string[] = [];
  const leaves: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    answers.length = 0;
    server.on("connection", (socket) =>
      socket.on("message", () => {
        for (const answer of answers) socket.send(answer);
      }),
    );
  });
  afterEach(async () => {
    vi.useRealTimers();
    for (const leave of leaves.splice(0)) await leave();
    for (const client of server.clients) client.terminate();
    server.close();
  });

  async function enter() {
    const visitor = await visit(webSocketSignaling(url, { WebSocket }), "room", "mina");
    leaves.push(() => visitor.leave());
    return visitor;
  }

  it("detects a server that is not a relay", async () => {
    answers.push('{"type":"connected"}');
    await expect(enter()).rejects.toMatchObject({
      code: "signaling-unavailable",
      message: expect.stringContaining(url),
    });
    await expect.poll(() => server.clients.size).toBe(0);
  });

  it("drops and reports malformed frames", async () => {
    answers.push('{"type":"peers","peers":[]}', "nonsense", "[]", '{"type":"peers","peers":1}');
    answers.push('{"type":"message","from":1,"message":{}}', '{"type":"message","from":"a"}');
    answers.push('{"type":"peers","peers":[null,1,{"name":"no id"},{"id":"jun"}]}');
    const mina = await enter();
    await expect.poll(() => mina.ids()).toEqual(["jun"]);
    expect(mina.errors.map(({ code }) => code)).toEqual(Array(5).fill("message-invalid"));
    expect(mina.packets).toEqual([]);
    expect(mina.statuses).toEqual(["connected"]);
  });

  it("does not reconnect after close code 1008", async () => {
    answers.push('{"type":"peers","peers":[]}');
    let connections = 0;
    server.on("connection", () => (connections += 1));
    const mina = await enter();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    for (const client of server.clients) client.close(1008);
    await vi.waitFor(() => expect(mina.statuses).toEqual(["connected", "disconnected"]), {
      timeout: 10_000,
    });
    await vi.advanceTimersByTimeAsync(60_000);
    vi.useRealTimers();
    // A reconnect would have been counted before this one.
    const jun = await enter();
    expect(jun.statuses).toEqual(["connected"]);
    expect(connections).toBe(2);
  });

  it("replaces a connection that is down without having closed", async () => {
    answers.push('{"type":"peers","peers":[]}');
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const joining = enter();
    await vi.waitFor(
      () => vi.advanceTimersByTimeAsync(1).then(() => expect(server.clients.size).toBe(1)),
      { timeout: 10_000 },
    );
    const mina = await joining;
    await vi.advanceTimersByTimeAsync(16_000);
    vi.useRealTimers();
    await expect.poll(() => mina.statuses).toEqual(["connected", "disconnected", "connected"]);
  });
});
