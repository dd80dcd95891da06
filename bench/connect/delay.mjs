/** The distance: a TCP proxy that hands everything on some time later, in order in each direction. */
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Starts a proxy in front of a port of this machine, with `ms` for each way through it. */
export async function startDelay(port, ms) {
  // Timers of one length end in the order in which they began.
  const later = ms > 0 ? (task) => setTimeout(() => task(), ms) : (task) => task();
  const server = createServer({ noDelay: true }, (client) => {
    const relay = connect({ port, host: "127.0.0.1", noDelay: true });
    const handOn = (from, to) => {
      from.on("data", (chunk) => later(() => to.writable && to.write(chunk)));
      from.on("end", () => later(() => to.end()));
      from.on("error", () => to.destroy());
    };
    handOn(client, relay);
    handOn(relay, client);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  // Its connections end with the browser's and the relay's.
  return { url: `ws://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
