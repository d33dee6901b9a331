import "@fontsource-variable/inter/index.css";
import "virtual:theme.css";
import "./console.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App, loadPages } from "./app";
import { loadTexts } from "./i18n";
import { createApi } from "./services/api";
import { rememberedLanguage, rememberedTheme, showTheme } from "./services/preferences";
import { SessionStore } from "./services/session";

const FONT = '700 1em "Inter Variable"';

/** Everything is built here, and passed on from here. */
async function start(root: HTMLElement): Promise<void> {
  const endPreview = showTheme(rememberedTheme()); // before anything is drawn
  loadPages().catch(() => undefined); // it is asked for again, and told there
  const [texts] = await Promise.all([loadTexts(rememberedLanguage()), loadFont()]);
  const session = new SessionStore();
  createRoot(root).render(
    <StrictMode>
      <App services={{ api: createApi(session), session }} texts={texts} />
    </StrictMode>,
  );
  endPreview();
}

/** Cloudscape measures texts as they are first drawn; in another font they would be cut off. */
async function loadFont(): Promise<void> {
  try {
    await document.fonts.load(FONT);
  } catch {
    return; // the system's font will do
  }
}

const root = document.getElementById("console");
if (root !== null) {
  void start(root);
}
