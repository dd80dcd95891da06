import type { Server } from "node:http";
import type { Plugin } from "vite";
import { createRelay } from "../src/relay/index.ts";

const PATH = "/relay";

/**
 * Adds the relay to the dev server, and sets `import.meta.env.STORYBOOK_RELAY` to its path. The relay
 * has the origin of the page, so that HTTPS pages can use it too.
 */
export function relay(): Plugin {
  let server: Server | undefined;
  return {
    name: "twocan-relay",
    apply: "serve",
    config({ server: options }) {
      // Storybook passes its HTTP server to Vite here. Tests have no server, and need no relay.
      const hmr = typeof options?.hmr === "object" ? options.hmr : undefined;
      if (!hmr?.server) return undefined;
      server = hmr.server as Server;
      // Without an explicit port, hot reload uses the port of the page, which may be the HTTPS one.
      delete hmr.port;
      return { define: { "import.meta.env.STORYBOOK_RELAY": JSON.stringify(PATH) } };
    },
    async configureServer() {
      if (server) await createRelay({ server, path: PATH });
    },
  };
}
