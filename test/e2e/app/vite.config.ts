import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { aliases, at } from "../../../scripts/alias.ts";

/** Serves the page under test. `REACT=18` in the environment selects React 18.2. */
export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: [
      ...aliases(),
      // The same client library, wrapped to count operations.
      { find: /^firebase\/firestore$/, replacement: at("test/e2e/app/counting-firestore.ts") },
    ],
  },
  cacheDir: at(`node_modules/.vite/e2e-react${process.env["REACT"] ?? ""}`),
  // Bundled at the start. Vite would otherwise discover them during a call and reload the page.
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
  // The sources are outside this folder. A file that is edited during a run must not reload the page.
  server: { fs: { allow: [at(".")] }, hmr: false, watch: null },
});
