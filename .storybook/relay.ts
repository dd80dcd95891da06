/** Owns the relay of `storybook dev`: on the page's own origin, so that https pages may use it too. */
import type { Server } from "node:http";
import type { Plugin } from "vite";
import { createRelay } from "../src/relay/index.ts";

const PATH = "/relay";

/** Puts the relay on the dev server, and tells the stories by `import.meta.env.STORYBOOK_RELAY` (its path). */
export function relay(): Plugin {
  let server: Server | undefined;
  return {
    name: "twocan-relay",
    apply: "serve",
    config({ server: options }) {
      // Storybook hands its HTTP server to Vite this way; in tests there is none, and no relay either.
      const hmr = typeof options?.hmr === "object" ? options.hmr : undefined;
      if (!hmr?.server) return undefined;
      server = hmr.server as Server;
      // Without a port of its own the page reloads through the port it came from, https included.
      delete hmr.port;
      return { define: { "import.meta.env.STORYBOOK_RELAY": JSON.stringify(PATH) } };
    },
    async configureServer() {
      if (server) await createRelay({ server, path: PATH });
    },
  };
}
