import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { aliases, at } from "../../../scripts/alias.ts";

/** The page that the end-to-end tests open; with `REACT=18` in the environment it runs on React 18.2. */
export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: [
      ...aliases(),
      // The same client library, with a counter in front.
      { find: /^firebase\/firestore$/, replacement: at("test/e2e/app/counting-firestore.ts") },
    ],
  },
  cacheDir: at(`node_modules/.vite/e2e-react${process.env["REACT"] ?? ""}`),
  // Found at the start, so that no page is reloaded in mid-call when one is met for the first time.
  optimizeDeps: {
    include: [
      "react",
      "react-dom/client",
      "react/jsx-runtime",
      "react/jsx-dev-runtime",
      "partysocket/ws",
      "lucide-react/icons/circle-alert",
      "firebase/app",
      "firebase/auth",
      "@firebase/firestore",
      "@firebase/util",
    ],
  },
  // The sources under test lie outside this folder. A file edited during a run must not reload a page in mid-call.
  server: { fs: { allow: [at(".")] }, hmr: false, watch: null },
});
