import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { aliases } from "../scripts/alias.ts";
import { relay } from "./relay.ts";

/** Extends the Vite config of Storybook: imports of the package resolve to the sources, and the relay runs. */
export default defineConfig({
  plugins: [react(), relay()],
  resolve: { alias: aliases() },
});
