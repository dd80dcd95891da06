/**
 * HTTPS for `npm start`. Browsers grant camera and microphone to secure pages only, so other devices on
 * the network need it. The server terminates TLS and forwards raw bytes, so HTTP and WebSockets both work.
 */
import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import { createServer } from "node:tls";
import { at } from "./install.mjs";

const CACHE = at("node_modules/.cache/twocan/certificate.json");
const DAY_MS = 24 * 60 * 60 * 1000;

/** Lists the IPv4 addresses at which other devices can reach this machine. */
export function networkAddresses() {
  return Object.values(networkInterfaces())
    .flat()
    .filter((address) => address?.family === "IPv4" && !address.internal)
    .map(({ address }) => address);
}

/**
 * Listens on `port` on all addresses and forwards to `target`, a port of this machine. Resolves to a
 * function that closes the server and its connections.
 */
export async function startHttps({ port, target }) {
  const open = new Set();
  const server = createServer(await certificate(networkAddresses()), (socket) => {
    const inner = connect(target, "127.0.0.1");
    for (const end of [socket, inner]) {
      open.add(end);
      // If one side fails, the other is destroyed too. No caller could handle the error.
      end.on("error", () => end.destroy());
      end.on("close", () => {
        open.delete(end);
        socket.destroy();
        inner.destroy();
      });
    }
    socket.pipe(inner).pipe(socket);
  });
  // A browser that rejects the certificate closes this connection, and retries with a new one.
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

/**
 * Returns a self-signed certificate for these addresses. The cached one is reused while it is valid, so
 * that a browser asks for confirmation only once.
 */
async function certificate(addresses) {
  const cached = cachedCertificate(addresses);
  if (cached) return cached;
  const { generate } = await import("selfsigned");
  const { private: key, cert } = await generate(
    [{ name: "commonName", value: "twocan (development)" }],
    {
      keyType: "ec",
      algorithm: "sha256",
      notBeforeDate: new Date(Date.now() - DAY_MS),
      notAfterDate: new Date(Date.now() + 365 * DAY_MS),
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

function cachedCertificate(addresses) {
  try {
    const cached = JSON.parse(readFileSync(CACHE, "utf8"));
    const cert = new X509Certificate(cached.cert);
    const isValid =
      Date.parse(cert.validTo) > Date.now() + DAY_MS &&
      addresses.every((address) => cert.checkIP(address));
    return isValid ? cached : undefined;
  } catch {
    return undefined; // There is none yet, or it cannot be read: create a new one.
  }
}
