// Builds the page into dist/, which hark-window embeds.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  // The oldest WebKit that Tauri's platforms still carry.
  build: { target: "safari16", modulePreload: false, assetsInlineLimit: 0 },
  // Only the test of the colours reads a style sheet.
  test: { css: true, include: ["src/**/*.test.ts"], env: { TZ: "UTC" } },
});
