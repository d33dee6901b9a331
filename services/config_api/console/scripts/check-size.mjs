// What the first page loads, compressed, must stay under the limit; everything else is loaded page by page.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const LIMIT_BYTES = 500_000;
const DIST = "dist";
const FONT_SUBSET = "latin-wght-normal"; // a browser loads the subsets that a page's texts need, by unicode-range
const FIRST = [
  "index.html",
  "src/routes/sign-in/sign-in.tsx",
  "src/i18n/de/index.ts",
  "src/pages-router.tsx",
  "src/routes/integrations/page.tsx",
];
const COMPONENT_TEXTS = "all.de";

const manifest = JSON.parse(readFileSync(join(DIST, ".vite/manifest.json"), "utf8"));
const components = Object.keys(manifest).find((key) => key.includes(`${COMPONENT_TEXTS}.js`));
const files = new Set(["index.html", "mark.svg"]);

function add(key) {
  const chunk = manifest[key];
  if (chunk === undefined) {
    throw new Error(`the build has no ${key}`);
  }
  if (files.has(chunk.file)) {
    return;
  }
  files.add(chunk.file);
  for (const file of chunk.css ?? []) {
    files.add(file);
  }
  for (const file of chunk.assets ?? []) {
    if (!file.endsWith(".woff2") || file.includes(`inter-${FONT_SUBSET}`)) {
      files.add(file);
    }
  }
  for (const imported of chunk.imports ?? []) {
    add(imported);
  }
}

for (const key of [...FIRST, components]) {
  add(key);
}
const size = (file) => statSync(join(DIST, existsSync(join(DIST, `${file}.br`)) ? `${file}.br` : file)).size;
const bytes = [...files].reduce((sum, file) => sum + size(file), 0);
process.stdout.write(`the first page loads ${Math.round(bytes / 1000)} kB, compressed, in ${files.size} files\n`);
if (bytes > LIMIT_BYTES) {
  process.stderr.write(`that is more than ${LIMIT_BYTES / 1000} kB\n`);
  process.exit(1);
}
