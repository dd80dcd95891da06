/**
 * The https side of `npm start`: browsers give camera and microphone to secure pages only, so
 * a device on the network needs it. It ends TLS and hands on raw bytes; HTTP and WebSockets pass alike.
 */
import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import { createServer } from "node:tls";
import { at } from "./install.mjs";

const CACHE = at("node_modules/.cache/twocan/certificate.json");
const DAY = 24 * 60 * 60 * 1000;

/** The addresses by which other devices reach this machine. */
export function networkAddresses() {
  return Object.values(networkInterfaces())
    .flat()
    .filter((address) => address?.family === "IPv4" && !address.internal)
    .map(({ address }) => address);
}

/** Listens on `port` of every address and hands on to `target`, a port of this machine; resolves with the way to end it. */
export async function startHttps({ port, target }) {
  const open = new Set();
  const server = createServer(await certificate(networkAddresses()), (socket) => {
    const inner = connect(target, "127.0.0.1");
    for (const end of [socket, inner]) {
      open.add(end);
      // If one side breaks, the other is destroyed too; there is no one to report it to.
      end.on("error", () => end.destroy());
      end.on("close", () => {
        open.delete(end);
        socket.destroy();
        inner.destroy();
      });
    }
    socket.pipe(inner).pipe(socket);
  });
  // A browser that refuses the certificate ends here; the next try is a new connection.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, resolve);
  });
  return () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
}

/** A self-signed certificate for these addresses: the previous one while it fits, so that a browser asks only once. */
async function certificate(addresses) {
  const kept = formerCertificate(addresses);
  if (kept) return kept;
  const { generate } = await import("selfsigned");
  const { private: key, cert } = await generate(
    [{ name: "commonName", value: "twocan (development)" }],
    {
      keyType: "ec",
      algorithm: "sha256",
      notBeforeDate: new Date(Date.now() - DAY),
      notAfterDate: new Date(Date.now() + 365 * DAY),
      extensions: [
        { name: "basicConstraints", cA: false, critical: true },
        { name: "keyUsage", digitalSignature: true, critical: true },
        { name: "extKeyUsage", serverAuth: true },
        {
          name: "subjectAltName",
          altNames: [
            { type: 2, value: "localhost" },
            ...["127.0.0.1", ...addresses].map((ip) => ({ type: 7, ip })),
          ],
        },
      ],
    },
  );
  mkdirSync(dirname(CACHE), { recursive: true });
  writeFileSync(CACHE, JSON.stringify({ key, cert }), { mode: 0o600 });
  return { key, cert };
}

function formerCertificate(addresses) {
  try {
    const kept = JSON.parse(readFileSync(CACHE, "utf8"));
    const cert = new X509Certificate(kept.cert);
    const fits =
      Date.parse(cert.validTo) > Date.now() + DAY &&
      addresses.every((address) => cert.checkIP(address));
    return fits ? kept : undefined;
  } catch {
    return undefined; // None yet, or not readable: a new one is made.
  }
}
