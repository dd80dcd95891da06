/** The public server: the page over plain HTTP, and the relay at `/relay`. Bundled by `site.ts`. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRelay } from "twocan/relay";

const [folder = ".", host = "", port = "80"] = process.argv.slice(2);
const PAGE = `<!doctype html><meta charset="utf-8"><title>lab</title><link rel="icon" href="data:,">
<body><script type="module" src="/page.js"></script></body>`;

const server = createServer((request, response) => {
  const script = request.url === "/page.js";
  response.setHeader("content-type", script ? "text/javascript" : "text/html");
  response.end(script ? readFileSync(`${folder}/page.js`) : PAGE);
});
server.listen(Number(port), host, () => {
  void createRelay({ server, path: "/relay" }).then(() => process.stdout.write("READY\n"));
});
