import type { Server } from "node:http";
import type { Plugin } from "vite";
import { createRelay } from "../src/relay/index.ts";

const PATH = "/relay";

/**
 * Runs the relay on the dev server, on the origin of the page, so that https pages can use it. Stories
 * read its path from `import.meta.env.STORYBOOK_RELAY`.
 */
export function relay(): Plugin {
  let server: Server | undefined;
  return {
    name: "twocan-relay",
    apply: "serve",
    config({ server: options }) {
      // Storybook passes its HTTP server to Vite here. Tests have no such server, and no relay.
      const hmr = typeof options?.hmr === "object" ? options.hmr : undefined;
      if (!hmr?.server) return undefined;
      server = hmr.server as Server;
      // Without a separate port, hot reload uses the port of the page, also with https.
      delete hmr.port;
      return { define: { "import.meta.env.STORYBOOK_RELAY": JSON.stringify(PATH) } };
    },
    async configureServer() {
      if (server) await createRelay({ server, path: PATH });
    },
  };
}
