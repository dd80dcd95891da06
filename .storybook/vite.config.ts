import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { aliases } from "../scripts/alias.ts";
import { relay } from "./relay.ts";

/** What Storybook adds to its own Vite config: the sources in place of the built package, and the relay. */
export default defineConfig({
  plugins: [react(), relay()],
  resolve: { alias: aliases() },
});
