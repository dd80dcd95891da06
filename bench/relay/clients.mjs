/**
 * The clients of `bench/relay.mjs`, in a separate process: many connections in small rooms, which are
 * idle or send all the time.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";

/** The number of clients that connect in parallel. */
const BATCH = 50;
/** Time in ms to wait for the last packets and for complete rosters. */
const TIMEOUT_MS = 10_000;

/** Connects all clients, sends "ready" to the parent process, and replies to its messages with reports. */
export async function serveClients({ url, name, count, roomSize, size }) {
  const tally = { closed: 0, beats: 0, sent: 0, received: 0, latencies: [] };
  const clients = [];
  const payload = "x".repeat(size);

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

  /** Every `interval` ms each client sends a packet to a peer of its room, to each in turn. */
  async function send({ seconds, interval }) {
    const end = performance.now() + seconds * 1_000;
    const timers = clients.map(async ({ socket, peers }) => {
      await sleep(Math.random() * interval);
      for (let turn = 0; performance.now() < end; turn += 1) {
        if (socket.readyState !== WebSocket.OPEN) return;
        const to = peers[turn % peers.length];
        const message = { at: performance.now(), text: payload };
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

  for (let index = 0; index < count; index += BATCH)
    await Promise.all(
      Array.from({ length: Math.min(BATCH, count - index) }, (_, more) => connect(index + more)),
    );
  const deadline = performance.now() + TIMEOUT_MS;
  while (report().alone > 0 && performance.now() < deadline) await sleep(100);
  process.on("message", (request) => {
    if (request.send) void send(request.send).then(() => process.send(report()));
    else process.send(report());
  });
  process.on("disconnect", () => process.exit());
  process.send("ready");
}
