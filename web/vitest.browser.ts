import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: ["vitest", "playwright-core", "axe-core"].map((name) => ({
      find: new RegExp(`^${name}$`),
      replacement: here(`./node_modules/${name}`),
    })),
  },
  server: { fs: { allow: [here("..")] } },
  test: {
    dir: here("../tests/web/browser"),
    include: ["*.test.ts"],
    globalSetup: [here("../tests/web/browser/served.ts")],
    testTimeout: 60_000,
    hookTimeout: 90_000,
    fileParallelism: false,
    retry: 0,
  },
});
