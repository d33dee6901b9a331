import { applyMode, Mode } from "@cloudscape-design/global-styles";
import { LANGUAGES, type Language, preferredLanguage } from "../i18n";

export const THEMES = ["system", "light", "dark"] as const;
export type ThemeChoice = (typeof THEMES)[number];

const LANGUAGE_KEY = "inlet.language";
const THEME_KEY = "inlet.theme";

/** What was chosen before; else what the browser says. */
export function rememberedLanguage(): Language {
  const kept = read(LANGUAGE_KEY);
  return LANGUAGES.find((language) => language === kept) ?? preferredLanguage(navigator.languages);
}

export function rememberLanguage(language: Language): void {
  write(LANGUAGE_KEY, language);
}

/** What was chosen before; else the system's. */
export function rememberedTheme(): ThemeChoice {
  const kept = read(THEME_KEY);
  return THEMES.find((theme) => theme === kept) ?? "system";
}

export function rememberTheme(theme: ThemeChoice): void {
  write(THEME_KEY, theme);
}

/** Shows the page in a theme, and follows the system's changes where that was chosen. Returns what ends it. */
export function showTheme(theme: ThemeChoice): () => void {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    const dark = theme === "system" ? system.matches : theme === "dark";
    applyMode(dark ? Mode.Dark : Mode.Light);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
  };
  show();
  system.addEventListener("change", show);
  return () => system.removeEventListener("change", show);
}

// A browser may refuse storage altogether: nothing is remembered then.
function read(key: string): string | null {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    window.localStorage.setItem(key, value);
  } catch {
    return;
  }
}
