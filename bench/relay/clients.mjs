/**
 * The clients of `bench/relay.mjs`, in their own process: many connections that speak the
 * relay's protocol, sit in rooms of a few, and say nothing or something all the time.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";

/** How many connect at a time. */
const AT_ONCE = 50;
/** How long the last packets have to arrive, in ms. */
const TIMEOUT_MS = 10_000;

/** Connects them all, tells the parent "ready", and answers what it asks by its messages. */
export async function serveClients({ url, name, count, roomSize, size }) {
  const tally = { closed: 0, beats: 0, sent: 0, received: 0, latencies: [] };
  const clients = [];
  const filling = "x".repeat(size);

  async function connect(index) {
    const room = `${name}-${Math.floor(index / roomSize)}`;
    const id = `${name}-${index}`;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const client = { id, socket, peers: [], pings: 0 };
    clients.push(client);
    socket.on("error", () => undefined);
    socket.on("close", () => (tally.closed += 1));
    socket.on("ping", () => (client.pings += 1));
    socket.addEventListener("message", ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.type === "peers") client.peers = frame.peers.map((peer) => peer.id);
      if (frame.type === "beat") tally.beats += 1;
      if (frame.type !== "message") return;
      tally.received += 1;
      tally.latencies.push(performance.now() - frame.message.at);
    });
    await once(socket, "open");
    socket.send(
      JSON.stringify({
        type: "join",
        room,
        peer: { id, joinedAt: index },
        secret: `secret of ${id} `.repeat(2),
      }),
    );
  }

  /** Each says something to each other one of its room in turn, every `interval` ms. */
  async function talk({ seconds, interval }) {
    const end = performance.now() + seconds * 1_000;
    const timers = clients.map(async ({ socket, peers }) => {
      await sleep(Math.random() * interval);
      for (let turn = 0; performance.now() < end; turn += 1) {
        if (socket.readyState !== WebSocket.OPEN) return;
        const to = peers[turn % peers.length];
        const message = { at: performance.now(), text: filling };
        socket.send(JSON.stringify({ type: "send", to, message }));
        tally.sent += 1;
        await sleep(interval);
      }
    });
    await Promise.all(timers);
    const deadline = performance.now() + TIMEOUT_MS;
    while (tally.received < tally.sent && performance.now() < deadline) await sleep(50);
  }

  function report() {
    const { latencies, ...counts } = tally;
    const sorted = latencies.toSorted((a, b) => a - b);
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    return {
      ...counts,
      alone: clients.filter(({ peers }) => peers.length !== roomSize - 1).length,
      pings: clients.reduce((sum, client) => Math.min(sum, client.pings), Infinity),
      latency: { median: at(0.5), p99: at(0.99), max: at(1) },
    };
  }

  for (let index = 0; index < count; index += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - index) }, (_, more) => connect(index + more)),
    );
  const deadline = performance.now() + TIMEOUT_MS;
  while (report().alone > 0 && performance.now() < deadline) await sleep(100);
  process.on("message", (asked) => {
    if (asked.talk) void talk(asked.talk).then(() => process.send(report()));
    else process.send(report());
  });
  process.on("disconnect", () => process.exit());
  process.send("ready");
}
