import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// The tests live beside those of the other rooms, so they find their packages here by name.
const TEST_PACKAGES = ["@maplibre/maplibre-gl-style-spec", "svelte/compiler", "vitest"];

export default defineConfig({
  plugins: [svelte()],
  resolve: {
    alias: [
      { find: "@words", replacement: here("../api/words") },
      { find: "@", replacement: here("./src") },
      ...TEST_PACKAGES.map((name) => ({
        find: new RegExp(`^${name}$`),
        replacement: here(`./node_modules/${name}`),
      })),
    ],
  },
  worker: { format: "es" },
  build: {
    outDir: here("../api/static"),
    emptyOutDir: true,
    target: "es2022",
    // A font or icon never turns into a data: address: the policy of the page stays narrow.
    assetsInlineLimit: 0,
    // MapLibre alone is 1 MB; it is one cached file on the local network.
    chunkSizeWarningLimit: 1600,
  },
  server: {
    host: "127.0.0.1",
    fs: { allow: [here("..")] },
    proxy: Object.fromEntries(
      [
        "/catalogue", "/tiles", "/layers", "/search", "/matching", "/session", "/setup", "/codes",
        "/imports", "/faults", "/firms", "/certificates", "/exports", "/coverages", "/places",
        "/clearance", "/edits", "/submissions", "/reports", "/duties", "/accounts",
      ].map((path) => [path, process.env["DIDOI_URL"] ?? "http://127.0.0.1:8000"]), // biome-ignore format: a list
    ),
  },
  test: {
    dir: here("../tests/web"),
    include: ["*.test.ts"],
  },
});
