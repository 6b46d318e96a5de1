import { svelte } from "@sveltejs/vite-plugin-svelte";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const from = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  base: "./", // works behind any path prefix
  plugins: [svelte()],
  resolve: {
    alias: { "@netra/sdk": from("../sdks/typescript/src/index.ts"), $lib: from("./src/lib") },
  },
  worker: { format: "es" },
  build: {
    outDir: "dist",
    target: "es2022",
    assetsInlineLimit: 0, // the page's policy allows no script or style that is inlined
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
