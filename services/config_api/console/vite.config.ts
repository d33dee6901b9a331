import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { type Plugin, runnerImport } from "vite";
import { defineConfig } from "vitest/config";

const COMPRESSED = new Set([".css", ".html", ".js", ".svg"]);
const THEME = "virtual:theme.css";

/**
 * The theme as a style sheet of the build. Cloudscape's applyTheme would insert a style element while the page runs,
 * which the Content-Security-Policy (style-src 'self') refuses.
 */
function themeStylesheet(): Plugin {
  return {
    name: "theme-stylesheet",
    resolveId: (id) => (id === THEME ? `\0${THEME}` : undefined),
    async load(id) {
      if (id !== `\0${THEME}`) {
        return undefined;
      }
      const made = await runnerImport<{ stylesheet: string }>("./theme/stylesheet.ts", {
        environments: { inline: { resolve: { noExternal: [/^@cloudscape-design\//], external: ["tslib"] } } },
      });
      for (const file of made.dependencies) {
        this.addWatchFile(file);
      }
      return made.module.stylesheet;
    },
  };
}

/** Each file once more, compressed (RFC 7932), for browsers that take it: slow to make, and made once. */
function compressed(): Plugin {
  let folder = "";
  return {
    name: "compressed",
    apply: "build",
    configResolved: ({ build }) => {
      folder = build.outDir;
    },
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        if (COMPRESSED.has(extname(name)) && !name.startsWith(".vite")) {
          const file = join(folder, name);
          writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file)));
        }
      }
    },
  };
}

/** Where `npm run dev` passes on what is not the console's: one origin that serves all APIs. */
const SERVICES = process.env["INLET_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), themeStylesheet(), compressed()],
  build: {
    assetsInlineLimit: 0, // the policy's img-src and font-src name no data: beyond what Cloudscape needs
    chunkSizeWarningLimit: 1500, // scripts/check-size.mjs sets the limit that counts
    manifest: true,
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/public", "/openapi.json", "/docs"].map((path) => [path, { target: SERVICES }]),
    ),
  },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    server: { deps: { inline: [/@cloudscape-design/] } },
    env: { DEBUG_PRINT_LIMIT: "0" }, // a page of Cloudscape is thousands of lines
    testTimeout: 120_000,
  },
});
