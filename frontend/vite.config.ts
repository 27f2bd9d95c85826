import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// During development the pages come from Vite and everything else from a running `assay up`.
const server = process.env.ASSAY_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    // The Host header stays ours: Django compares it with Origin before it takes a write.
    proxy: Object.fromEntries(
      ["/api", "/health", "/admin", "/static"].map((path) => [path, { target: server, changeOrigin: false }]),
    ),
  },
  build: {
    target: "es2022",
    // ECharts is one lazy chunk of its own, loaded by the pages that draw charts and by no other.
    chunkSizeWarningLimit: 700,
    manifest: true,
    // One file of styles (45 kB compressed): a chunk that comes late, or on its second try, needs none of its own.
    cssCodeSplit: false,
    // Few files instead of fifty small ones: what nearly every page needs, and what the pages for answering share
    // (and nothing of imports, which those never need).
    // Each request costs more than the kilobytes that a page loads too many (test_looks.py holds the limit).
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "base", minShareCount: 20, priority: 2 },
            { name: "answering", test: /src\/(review|keys|labeling|ui)\/(?!.*(pages|chart|import|drop|upload|understood|problem|reading|kept|server-says|work-progress|preview))/, minShareCount: 3, priority: 1 },
          ],
        },
      },
    },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"], setupFiles: ["src/language/in-english.ts"] },
});
