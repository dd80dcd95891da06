import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { aliases } from "../scripts/alias.ts";
import { relay } from "./relay.ts";

/** Storybook merges this into its own Vite config. It resolves `twocan` to the sources and adds the relay. */
export default defineConfig({
  plugins: [react(), relay()],
  resolve: { alias: aliases() },
});
