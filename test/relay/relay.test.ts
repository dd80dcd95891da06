import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createConnection } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { webSocketSignaling } from "../../src/adapters/websocket.ts";
import { createRelay, type Relay, type RelayOptions } from "../../src/relay/index.ts";
import { visit } from "../../src/testing/conformance/describe-signaling.ts";
import { layCable, type Cable } from "../support/cable.ts";

/** Of a WebSocket of `ws`. */
interface ClientOptions {
  autoPong?: boolean;
  origin?: string;
  localAddress?: string;
  headers?: Record<string, string>;
}

/** A client that sends arbitrary frames, and records what it receives. */
interface RawClient {
  socket: WebSocket;
  frames: Record<string, unknown>[];
  /** Undefined while the connection is open. */
  closed: number | undefined;
  say(frame: unknown): void;
  of(type: string): Record<string, unknown>[];
  /** The ids of the newest roster, or undefined before the first. */
  ids(): string[] | undefined;
  /** Those of all rosters so far. */
  lists(): string[][];
}

const SECRET = "a secret of one stay";
const relays: Relay[] = [];
const clients: RawClient[] = [];
const cables: Cable[] = [];
const servers: Server[] = [];

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.terminate();
  for (const cable of cables.splice(0)) cable.close();
  for (const relay of relays.splice(0)) await relay.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function start(options?: RelayOptions): Promise<Relay> {
  const relay = await createRelay(options);
  relays.push(relay);
  return relay;
}

/** A server of the application, and the number of its connections. */
async function startServer() {
  const server = createServer((_request, response) => response.end("the application"));
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const open = () =>
    new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
  return { server, open };
}

async function connect(relay: Relay, options: ClientOptions = {}): Promise<RawClient> {
  const socket = new WebSocket(relay.url, options);
  const client: RawClient = {
    socket,
    frames: [],
    closed: undefined,
    say: (frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    of: (type) => client.frames.filter((frame) => frame["type"] === type),
    ids: () => client.lists().at(-1),
    lists: () =>
      client.of("peers").map((frame) => (frame["peers"] as { id: string }[]).map(({ id }) => id)),
  };
  socket.on("message", (data: Buffer) => client.frames.push(JSON.parse(data.toString())));
  socket.on("close", (code) => (client.closed = code));
  socket.on("error", () => undefined);
  clients.push(client);
  await once(socket, "open");
  return client;
}

async function enter(
  relay: Relay,
  id: string,
  { room = "standup", secret = SECRET, joinedAt = 1, autoPong = true } = {},
): Promise<RawClient> {
  const client = await connect(relay, { autoPong });
  client.say({ type: "join", room, peer: { id, joinedAt }, secret });
  await expect.poll(() => client.ids()).toBeDefined();
  return client;
}

/** Resolves when the relay has read every frame that was sent before. */
async function pingPong({ socket }: RawClient): Promise<void> {
  const heard = Promise.race([once(socket, "pong"), once(socket, "close")]);
  socket.ping();
  await heard;
}

/** Checks that the relay still serves other clients. */
async function expectAlive(relay: Relay): Promise<void> {
  const room = `after ${Math.random()}`;
  const mina = await enter(relay, "mina", { room });
  const jun = await enter(relay, "jun", { room });
  mina.say({ type: "send", to: "jun", message: { text: "still works" } });
  await expect
    .poll(() => jun.of("message"))
    .toEqual([{ type: "message", from: "mina", message: { text: "still works" } }]);
}

describe("createRelay()", () => {
  it("sends the roster, sorted by the time of joining and then by id", async () => {
    const relay = await start();
    const early = await enter(relay, "early", { joinedAt: 1 });
    await enter(relay, "late", { joinedAt: 3 });
    await enter(relay, "b", { joinedAt: 2 });
    await enter(relay, "a", { joinedAt: 2 });
    await expect.poll(() => early.ids()).toEqual(["a", "b", "late"]);
  });

  it("takes the sender from the connection, not from the packet", async () => {
    const relay = await start();
    const mina = await enter(relay, "mina");
    const jun = await enter(relay, "jun");
    mina.say({ type: "send", to: "jun", from: "ada", message: { from: "ada", text: "hi" } });
    await expect
      .poll(() => jun.of("message"))
      .toEqual([{ type: "message", from: "mina", message: { from: "ada", text: "hi" } }]);
  });

  it("does not echo a packet", async () => {
    const relay = await start();
    const mina = await enter(relay, "mina");
    const jun = await enter(relay, "jun");
    mina.say({ type: "send", to: "mina", message: { text: "to myself" } });
    mina.say({ type: "send", to: "jun", message: { text: "to jun" } });
    await expect.poll(() => jun.of("message").length).toBe(1);
    jun.say({ type: "send", to: "mina", message: { text: "to mina" } });
    await expect
      .poll(() => mina.of("message").map((frame) => frame["message"]))
      .toEqual([{ text: "to mina" }]);
  });

  it("loses no frame of a burst within the limit", async () => {
    // Read without a pause, these would count as a flood.
    const relay = await start({ limits: { burst: 50, perSecond: 500 } });
    const mina = await enter(relay, "mina");
    const jun = await enter(relay, "jun");
    const texts = Array.from({ length: 300 }, (_, index) => `${index} `.padEnd(2_000, "x"));
    for (const text of texts) mina.say({ type: "send", to: "jun", message: { text } });
    await expect
      .poll(() => jun.of("message").map((frame) => (frame["message"] as { text: string }).text))
      .toEqual(texts);
    expect(mina.frames.filter((frame) => frame["type"] === "error")).toEqual([]);
  });

  it("removes a peer that leaves, and one whose connection closes", async () => {
    const relay = await start();
    const mina = await enter(relay, "mina");
    const jun = await enter(relay, "jun");
    const ada = await enter(relay, "ada");
    await expect.poll(() => mina.ids()).toEqual(["ada", "jun"]);
    jun.say({ type: "leave" });
    await expect.poll(() => mina.ids()).toEqual(["ada"]);
    ada.socket.close();
    await expect.poll(() => mina.ids()).toEqual([]);
  });

  it("removes a peer at once whose connection was reset", async () => {
    const relay = await start({ limits: { absence: 60_000 } });
    const mina = await enter(relay, "mina");
    const crashed = await enter(relay, "crashed");
    await expect.poll(() => mina.ids()).toEqual(["crashed"]);
    crashed.socket.terminate();
    await expect.poll(() => mina.ids()).toEqual([]);
  });

  it("combines many changes of a room into few rosters, and sends the last one", async () => {
    const relay = await start({ limits: { listsPerSecond: 1_000, perSecond: 10_000 } });
    const mina = await enter(relay, "mina");
    const jun = await enter(relay, "jun");
    for (let index = 1; index <= 100; index += 1)
      jun.say({ type: "update", peer: { id: "jun", name: `Jun ${index}` } });
    await expect
      .poll(() => mina.of("peers").at(-1)?.["peers"])
      .toEqual([{ id: "jun", name: "Jun 100" }]);
    expect(mina.lists().length).toBeLessThan(20);
  });

  it("closes a connection that never joins", async () => {
    const relay = await start({ limits: { heartbeat: 50 } });
    const idle = await connect(relay);
    await expect.poll(() => idle.closed).toBeDefined();
  });

  it("keeps a connection that joins late", async () => {
    const relay = await start({ limits: { heartbeat: 500 } });
    const late = await connect(relay);
    await once(late.socket, "ping");
    await pingPong(late);
    late.say({ type: "join", room: "standup", peer: { id: "late" }, secret: SECRET });
    const beats = late.of("beat").length;
    await expect.poll(() => late.of("beat").length).toBeGreaterThan(beats + 1);
    expect(late.closed).toBeUndefined();
  });
});

describe("createRelay() > a peer that stopped answering", () => {
  // Long enough that Jun, in the same busy process, never answers too late.
  const heartbeat = 500;

  /** Jun, and Mina, who has stopped answering: the relay has terminated her connection. */
  async function loseMina(limits: RelayOptions["limits"] = {}) {
    const { server, open } = await startServer();
    const relay = await start({ server, limits: { heartbeat, ...limits } });
    const jun = await enter(relay, "jun");
    const cable = await layCable(relay.port);
    cables.push(cable);
    const way = { port: cable.port };
    const network = new EventTarget();
    vi.stubGlobal("addEventListener", network.addEventListener.bind(network));
    const signaling = webSocketSignaling(() => `ws://127.0.0.1:${way.port}`, { WebSocket });
    const mina = await visit(signaling, { room: "standup", name: "mina", self: { id: "mina" } });
    vi.unstubAllGlobals();
    await expect.poll(() => jun.ids()).toEqual(["mina"]);
    cable.freeze();
    await expect.poll(open).toBe(1);
    const comeBack = () => {
      way.port = relay.port;
      network.dispatchEvent(new Event("online"));
    };
    return { relay, jun, mina, comeBack };
  }

  it("stays listed until it reconnects and leaves", async () => {
    const { jun, mina, comeBack } = await loseMina();
    jun.say({ type: "send", to: "mina", message: { text: "into the void" } });
    comeBack();
    await expect.poll(() => mina.statuses).toEqual(["connected", "disconnected", "connected"]);
    jun.say({ type: "send", to: "mina", message: { text: "welcome back" } });
    await expect
      .poll(() => mina.packets.map(({ message }) => message["text"]))
      .toEqual(["welcome back"]);
    expect(jun.lists()).toEqual([[], ["mina"], ["mina"]]);
    await mina.leave();
    await expect.poll(() => jun.ids()).toEqual([]);
    expect(mina.errors).toEqual([]);
  });

  it("is not replaced by another client with the same id", async () => {
    const { relay, jun, mina } = await loseMina();
    const thief = await connect(relay);
    thief.say({ type: "join", room: "standup", peer: { id: "mina" }, secret: SECRET });
    await expect.poll(() => thief.of("error")).toMatchObject([{ code: "signaling-denied" }]);
    expect(jun.lists()).toEqual([[], ["mina"]]);
    await mina.leave();
  });

  it("can reconnect to a full room", async () => {
    const { relay, jun, mina, comeBack } = await loseMina({ peersPerRoom: 2 });
    const third = await connect(relay);
    third.say({ type: "join", room: "standup", peer: { id: "ada" }, secret: SECRET });
    await expect.poll(() => third.of("error")).toMatchObject([{ code: "room-full" }]);
    comeBack();
    await expect.poll(() => mina.statuses).toEqual(["connected", "disconnected", "connected"]);
    expect(jun.ids()).toEqual(["mina"]);
    await mina.leave();
  });

  it("is removed after `absence`", async () => {
    const { jun, mina } = await loseMina({ absence: 100 });
    await expect.poll(() => jun.ids()).toEqual([]);
    await mina.leave();
  });
});

describe("createRelay() > an id that is in use", () => {
  it("is refused to another client", async () => {
    const relay = await start();
    const mina = await enter(relay, "mina");
    const jun = await enter(relay, "jun");
    const thief = await connect(relay);
    const secret = "another secret, a guess";
    thief.say({ type: "join", room: "standup", peer: { id: "mina" }, secret });
    await expect.poll(() => thief.closed).toBe(1008);
    expect(thief.of("error")).toMatchObject([{ code: "signaling-denied" }]);
    expect(thief.ids()).toBeUndefined();
    jun.say({ type: "send", to: "mina", message: { text: "is it you?" } });
    await expect.poll(() => mina.of("message").length).toBe(1);
    expect(thief.of("message")).toEqual([]);
  });

  it("cannot be taken by an update or a second join", async () => {
    const relay = await start();
    const mina = await enter(relay, "mina");
    const thief = await enter(relay, "thief");
    thief.say({ type: "update", peer: { id: "mina", name: "Mina" } });
    thief.say({ type: "join", room: "standup", peer: { id: "ada" }, secret: SECRET });
    await expect
      .poll(() => thief.of("error").map((frame) => frame["code"]))
      .toEqual(["message-invalid", "message-invalid"]);
    thief.say({ type: "send", to: "mina", message: { text: "hi" } });
    await expect.poll(() => mina.of("message")).toMatchObject([{ from: "thief" }]);
    expect(mina.ids()).toEqual(["thief"]);
  });

  it("is moved to a new connection of the same peer", async () => {
    const relay = await start();
    const jun = await enter(relay, "jun");
    const lost = await enter(relay, "mina", { autoPong: false });
    const back = await enter(relay, "mina");
    await expect.poll(() => lost.closed).toBeDefined();
    expect(back.ids()).toEqual(["jun"]);
    jun.say({ type: "send", to: "mina", message: { text: "welcome back" } });
    await expect.poll(() => back.of("message").length).toBe(1);
    expect(lost.of("message")).toEqual([]);
    expect(jun.ids()).toEqual(["mina"]);
  });
});

describe("createRelay() refuses", () => {
  it("a peer beyond `peersPerRoom`", async () => {
    const relay = await start({ limits: { peersPerRoom: 2 } });
    await enter(relay, "mina");
    await enter(relay, "jun");
    const third = await connect(relay);
    third.say({ type: "join", room: "standup", peer: { id: "ada" }, secret: SECRET });
    await expect.poll(() => third.of("error")).toMatchObject([{ code: "room-full" }]);
    await expect.poll(() => third.closed).toBe(1008);
    await enter(relay, "ada", { room: "another" });
  });

  it("a room beyond `rooms`, until another has ended", async () => {
    const relay = await start({ limits: { rooms: 1 } });
    const mina = await enter(relay, "mina", { room: "first" });
    const refused = await connect(relay);
    refused.say({ type: "join", room: "second", peer: { id: "jun" }, secret: SECRET });
    await expect.poll(() => refused.of("error")).toMatchObject([{ code: "signaling-denied" }]);
    mina.say({ type: "leave" });
    mina.socket.close();
    await expect.poll(() => mina.closed).toBeDefined();
    await enter(relay, "jun", { room: "second" });
  });

  it.each([
    ["text that is not JSON", "{nonsense"],
    ["JSON that is not an object", "null"],
    ["an array", "[]"],
    ["a frame without a type", "{}"],
    ["an unknown type", { type: "eval", code: "1" }],
    ["the name of an inherited property as type", { type: "constructor" }],
    ["a join without a secret", { type: "join", room: "r", peer: { id: "a" } }],
    ["a join with a short secret", { type: "join", room: "r", peer: { id: "a" }, secret: "1" }],
    ["a join without a room", { type: "join", peer: { id: "a" }, secret: SECRET }],
    ["an empty room", { type: "join", room: "", peer: { id: "a" }, secret: SECRET }],
    [
      "a room of a long name",
      { type: "join", room: "r".repeat(257), peer: { id: "a" }, secret: SECRET },
    ],
    ["a peer without an id", { type: "join", room: "r", peer: {}, secret: SECRET }],
    [
      "an id with invalid characters",
      { type: "join", room: "r", peer: { id: "<b>" }, secret: SECRET },
    ],
    [
      "a peer that is too long",
      { type: "join", room: "r", peer: { id: "a", name: "n".repeat(2_000) }, secret: SECRET },
    ],
    [
      "a time that is no number",
      { type: "join", room: "r", peer: { id: "a", joinedAt: "now" }, secret: SECRET },
    ],
    ["a packet before joining", { type: "send", to: "a", message: {} }],
    ["an update before joining", { type: "update", peer: { id: "a" } }],
  ])("%s, and keeps the connection", async (_what, frame) => {
    const relay = await start();
    const hostile = await connect(relay);
    hostile.say(frame);
    await expect.poll(() => hostile.of("error")).toMatchObject([{ code: "message-invalid" }]);
    expect(hostile.ids()).toBeUndefined();
    await expectAlive(relay);
  });

  it.each([
    ["a packet that is not an object", { type: "send", to: "jun", message: "text" }],
    ["a packet without a recipient", { type: "send", message: {} }],
    [
      "a packet nested too deep to be written",
      `{"type":"send","to":"jun","message":{"a":${"[".repeat(90_000)}${"]".repeat(90_000)}}}`,
    ],
  ])("%s, and keeps the peer in the room", async (_what, frame) => {
    const relay = await start();
    const mina = await enter(relay, "mina");
    const jun = await enter(relay, "jun");
    mina.say(frame);
    await expect.poll(() => mina.of("error")).toMatchObject([{ code: "message-invalid" }]);
    mina.say({ type: "send", to: "jun", message: { text: "sorry" } });
    await expect
      .poll(() => jun.of("message").map((one) => one["message"]))
      .toEqual([{ text: "sorry" }]);
  });

  it("a binary frame", async () => {
    const relay = await start();
    const hostile = await connect(relay);
    hostile.socket.send(Buffer.from(JSON.stringify({ type: "leave" })));
    await expect.poll(() => hostile.of("error")).toMatchObject([{ code: "message-invalid" }]);
  });

  it("a frame that is too long, by closing the connection", async () => {
    const relay = await start();
    const hostile = await enter(relay, "hostile");
    hostile.say({ type: "send", to: "mina", message: { text: "x".repeat(400_000) } });
    await expect.poll(() => hostile.closed).toBe(1009);
    await expectAlive(relay);
  });

  it("malformed frames beyond `strikes`, and closes the connection for good", async () => {
    const relay = await start();
    const mina = await enter(relay, "mina");
    const hostile = await enter(relay, "hostile");
    for (let index = 0; index < 20; index += 1) hostile.say("nonsense");
    await expect.poll(() => hostile.closed).toBe(1008);
    expect(hostile.of("error").at(-1)).toMatchObject({ code: "signaling-denied" });
    await expect.poll(() => mina.ids()).toEqual([]);
    await expectAlive(relay);
  });

  it("a flood of frames", async () => {
    const relay = await start();
    const mina = await enter(relay, "mina");
    const hostile = await enter(relay, "hostile");
    await expect.poll(() => mina.ids()).toEqual(["hostile"]);
    const frame = JSON.stringify({ type: "send", to: "mina", message: {} });
    for (let index = 0; index < 20_000; index += 1) hostile.say(frame);
    await expect.poll(() => mina.ids()).toEqual([]);
    await expect.poll(() => hostile.closed).toBeDefined();
    expect(mina.of("message").length).toBeLessThan(5_000);
    await expectAlive(relay);
  });
});

describe("createRelay() > connections", () => {
  async function statusOf(relay: Relay, options: ClientOptions = {}): Promise<number | undefined> {
    const socket = new WebSocket(relay.url, options);
    socket.on("error", () => undefined);
    const answer = once(socket, "unexpected-response").then(([, response]) => response.statusCode);
    const status = await Promise.race([answer, once(socket, "open").then(() => undefined)]);
    socket.terminate();
    return status;
  }

  it("are limited, and another is accepted once one has closed", async () => {
    const relay = await start({ limits: { connections: 1 } });
    const mina = await enter(relay, "mina");
    expect(await statusOf(relay)).toBe(503);
    mina.socket.close();
    await expect.poll(() => statusOf(relay)).toBeUndefined();
  });

  it("are limited for each address", async () => {
    const relay = await start({ limits: { connectionsPerAddress: 1 } });
    const mina = await enter(relay, "mina");
    expect(await statusOf(relay)).toBe(429);
    expect(await statusOf(relay, { localAddress: "127.0.0.2" })).toBeUndefined();
    mina.socket.close();
    await expect.poll(() => statusOf(relay)).toBeUndefined();
  });

  it.each([
    [
      "a page of a listed origin",
      ["https://app.example.org/"],
      "https://app.example.org",
      undefined,
    ],
    ["a page of another origin", ["https://app.example.org"], "https://example.org", 403],
    ["a sandboxed page", ["https://app.example.org"], "null", 403],
    ["a program, by a list", ["https://app.example.org"], undefined, undefined],
    ["a program, by a function", (origin?: string) => origin !== undefined, undefined, 403],
    ["every client, when the function throws", () => JSON.parse("{"), "https://example.org", 403],
  ])("are accepted by origin: %s", async (_who, origins, origin, status) => {
    const relay = await start({ origins });
    expect(await statusOf(relay, origin === undefined ? {} : { origin })).toBe(status);
  });

  it("survive a client that resets while it is rejected", async () => {
    const relay = await start({ origins: [] });
    for (let index = 0; index < 50; index += 1) {
      const socket = createConnection(relay.port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: b\r\n\r\n",
      );
      await once(socket, "connect");
      socket.resetAndDestroy();
    }
    await expectAlive(relay);
  });
});

describe("createRelay() > authorize()", () => {
  const join = { type: "join", room: "standup", peer: { id: "mina" }, secret: SECRET };

  it("receives the room, the peer and the token, and refuses all other clients", async () => {
    const asked: unknown[] = [];
    const relay = await start({
      authorize({ url, headers, room, peer }) {
        asked.push([url.searchParams.get("token"), headers["x-name"], room, peer]);
        return url.searchParams.get("token") === "good";
      },
    });
    const headers = { "x-name": "value" };
    const mina = await connect({ ...relay, url: `${relay.url}?token=good` }, { headers });
    mina.say(join);
    await expect.poll(() => mina.ids()).toEqual([]);
    const bad = await connect({ ...relay, url: `${relay.url}?token=bad` });
    bad.say({ ...join, peer: { id: "jun" } });
    await expect.poll(() => bad.closed).toBe(1008);
    expect(bad.frames).toMatchObject([{ type: "error", code: "signaling-denied" }]);
    expect(mina.lists()).toEqual([[]]);
    expect(asked).toEqual([
      ["good", "value", "standup", { id: "mina" }],
      ["bad", undefined, "standup", { id: "jun" }],
    ]);
  });

  it.each([
    ["throws", () => JSON.parse("the database password")],
    ["rejects", () => Promise.reject(new Error("the database password"))],
  ])("refuses the client without a reason when it %s", async (_how, authorize) => {
    const relay = await start({ authorize });
    const mina = await connect(relay);
    mina.say(join);
    await expect.poll(() => mina.closed).toBe(1008);
    expect(mina.of("error")).toMatchObject([{ code: "signaling-denied" }]);
    expect(JSON.stringify(mina.frames)).not.toContain("password");
  });

  it.each([
    [
      "leaves",
      async (mina: RawClient) => {
        mina.say({ type: "leave" });
        await pingPong(mina);
      },
    ],
    [
      "is gone",
      async (mina: RawClient, open: () => Promise<number>) => {
        mina.socket.terminate();
        await expect.poll(open).toBe(1);
      },
    ],
    [
      "says too much",
      async (mina: RawClient) => {
        for (let index = 0; index < 20; index += 1) mina.say("nonsense");
        await expect.poll(() => mina.closed).toBe(1008);
      },
    ],
  ])("does not admit a client that %s before the answer", async (_what, act) => {
    const answers: ((answer: boolean) => void)[] = [];
    const { server, open } = await startServer();
    const relay = await start({
      server,
      authorize: ({ peer }) =>
        peer.id === "jun" || new Promise<boolean>((resolve) => answers.push(resolve)),
    });
    const jun = await enter(relay, "jun");
    const mina = await connect(relay);
    mina.say(join);
    mina.say({ type: "send", to: "jun", message: { text: "too early" } });
    await expect.poll(() => answers.length).toBe(1);
    await act(mina, open);
    answers[0]!(true);
    await enter(relay, "jun", { room: "another" });
    expect(jun.lists()).toEqual([[]]);
    expect(jun.of("message")).toEqual([]);
  });
});

describe("createRelay() with `server`", () => {
  it("handles its path, and leaves pages and other upgrades to the server", async () => {
    const { server } = await startServer();
    const upgraded: (string | undefined)[] = [];
    server.on("upgrade", (request, socket) => {
      if (request.url === "/relay?token=1") return;
      upgraded.push(request.url);
      socket.end("HTTP/1.1 418 Yours\r\n\r\n");
    });
    const relay = await start({ server, path: "/relay" });
    expect(relay.url).toBe(`ws://127.0.0.1:${relay.port}/relay`);
    await expectAlive({ ...relay, url: `${relay.url}?token=1` });

    const other = new WebSocket(`ws://127.0.0.1:${relay.port}/hmr`);
    const [, response] = (await once(other, "unexpected-response")) as [
      unknown,
      { statusCode: number },
    ];
    other.on("error", () => undefined);
    expect(response.statusCode).toBe(418);
    expect(upgraded).toEqual(["/hmr"]);
    other.terminate();
    const page = await fetch(`http://127.0.0.1:${relay.port}/relay`);
    expect(await page.text()).toBe("the application");
  });

  it("asks its clients to reconnect and leaves the server running", async () => {
    const { server } = await startServer();
    const relay = await start({ server, path: "/relay" });
    const mina = await enter(relay, "mina");
    await relay.close();
    await relay.close();
    await expect.poll(() => mina.closed).toBe(1012);
    const page = await fetch(`http://127.0.0.1:${relay.port}/`);
    expect(await page.text()).toBe("the application");
    expect(server.listenerCount("upgrade")).toBe(0);
  });
});

describe("createRelay() without `server`", () => {
  it("has an address, and on close() asks its clients to reconnect and closes everything", async () => {
    const relay = await start();
    expect(relay.port).toBeGreaterThan(0);
    const { url, port } = relay;
    expect(url).toBe(`ws://127.0.0.1:${port}/`);
    const mina = await enter(relay, "mina");
    await relay.close();
    await relay.close();
    await expect.poll(() => mina.closed).toBe(1012);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow("fetch failed");
  });

  it("answers other paths and plain HTTP with an explanation", async () => {
    const relay = await start();
    const page = await fetch(relay.url.replace("ws:", "http:"));
    expect([page.status, await page.text()]).toEqual([
      426,
      "This is a twocan relay. Connect with WebSocket.\n",
    ]);
    const lost = new WebSocket(`${relay.url}elsewhere`);
    lost.on("error", () => undefined);
    const [, response] = (await once(lost, "unexpected-response")) as [
      unknown,
      { statusCode: number },
    ];
    expect(response.statusCode).toBe(404);
    lost.terminate();
  });

  it("rejects when the port is in use", async () => {
    const relay = await start();
    await expect(createRelay({ port: relay.port })).rejects.toMatchObject({
      code: "signaling-unavailable",
      message: expect.stringContaining(`127.0.0.1:${relay.port}`),
    });
  });
});
