import type { I18nProviderProps } from "@cloudscape-design/components/i18n";
import { createInstance, type i18n } from "i18next";
import { initReactI18next } from "react-i18next";
import type { en } from "./en";

export const LANGUAGES = ["de", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "console";
    resources: { console: typeof en };
  }
}

/** Texts that are no plural and take no values, such as a page's title: keys that can be kept in a table. */
export type Words = typeof en;

// Each language is a chunk of its own; so are Cloudscape's own texts in it.
const LOAD = {
  de: async () => (await import("./de")).de,
  en: async () => (await import("./en")).en,
} as const;
const LOAD_COMPONENTS = {
  de: async () => (await import("@cloudscape-design/components/i18n/messages/all.de")).default,
  en: async () => (await import("@cloudscape-design/components/i18n/messages/all.en")).default,
} as const;

export interface Texts {
  language: Language;
  i18n: i18n;
  /** Cloudscape's own texts. */
  components: I18nProviderProps.Messages;
}

/** All texts of a language. */
export async function loadTexts(language: Language): Promise<Texts> {
  const [own, components] = await Promise.all([LOAD[language](), LOAD_COMPONENTS[language]()]);
  const instance = createInstance();
  await instance.use(initReactI18next).init({
    lng: language,
    defaultNS: "console",
    ns: ["console"],
    resources: { [language]: { console: own } },
    interpolation: { escapeValue: false }, // React escapes
  });
  return { language, i18n: instance, components };
}

/** The first language of the browser's that there is; else English. */
export function preferredLanguage(wanted: readonly string[]): Language {
  const codes = wanted.map((tag) => tag.toLowerCase().split("-")[0]);
  return codes.flatMap((code) => LANGUAGES.filter((language) => language === code))[0] ?? "en";
}
