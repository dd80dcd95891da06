import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Starts a TCP proxy in front of a port of this machine. It delays data by `ms` in each direction. */
export async function startDelay(port, ms) {
  // Timers with the same delay fire in the order in which they were set, so data stays in order.
  const later = ms > 0 ? (task) => setTimeout(() => task(), ms) : (task) => task();
  const server = createServer({ noDelay: true }, (client) => {
    const relay = connect({ port, host: "127.0.0.1", noDelay: true });
    const forward = (from, to) => {
      from.on("data", (chunk) => later(() => to.writable && to.write(chunk)));
      from.on("end", () => later(() => to.end()));
      from.on("error", () => to.destroy());
    };
    forward(client, relay);
    forward(relay, client);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  // Connections are closed by the browser and the relay.
  return { url: `ws://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
