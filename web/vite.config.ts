import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The version of the manager that this build belongs to; a page of an older build asks to be reloaded. */
function managerVersion(): string {
  const source = readFileSync(resolve(import.meta.dirname, "../api/src/vintagestory_api/__init__.py"), "utf8");
  const found = /__version__ = "([^"]+)"/.exec(source);
  if (!found?.[1]) throw new Error("vintagestory_api/__init__.py names no __version__");
  return found[1];
}

export default defineConfig({
  plugins: [react()],
  define: { __MANAGER_VERSION__: JSON.stringify(managerVersion()) },
  build: {
    outDir: "../api/src/vintagestory_api/web_ui_files",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
  server: {
    port: Number(process.env.VS_WEB_PORT ?? 5173),
    strictPort: true,
    proxy: { "/api": { target: process.env.VS_API_URL ?? "http://127.0.0.1:8080", ws: true } },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/testing/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    testTimeout: 60_000,
    restoreMocks: true,
    css: { modules: { classNameStrategy: "non-scoped" } },
  },
});
