import { I18nProvider } from "@cloudscape-design/components/i18n";
import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";
import { I18nextProvider } from "react-i18next";
import { type Language, loadTexts, type Texts } from "../i18n";
import { rememberedTheme, rememberLanguage, rememberTheme, showTheme, type ThemeChoice } from "../services/preferences";

export interface Preferences {
  language: Language;
  theme: ThemeChoice;
  chooseLanguage: (language: Language) => Promise<void>;
  chooseTheme: (theme: ThemeChoice) => void;
}

const PreferencesContext = createContext<Preferences | undefined>(undefined);

/** Language and theme of everything inside; `first` are the texts to begin with. */
export function PreferencesProvider({ first, children }: { first: Texts; children: ReactNode }) {
  const [texts, setTexts] = useState(first);
  const [theme, setTheme] = useState(rememberedTheme);
  useEffect(() => showTheme(theme), [theme]);
  useEffect(() => {
    document.documentElement.lang = texts.language;
  }, [texts.language]);
  const preferences = useMemo(
    () => ({
      language: texts.language,
      theme,
      chooseLanguage: async (language: Language) => {
        rememberLanguage(language);
        setTexts(await loadTexts(language));
      },
      chooseTheme: (chosen: ThemeChoice) => {
        rememberTheme(chosen);
        setTheme(chosen);
      },
    }),
    [texts.language, theme],
  );
  return (
    <PreferencesContext value={preferences}>
      <I18nextProvider i18n={texts.i18n}>
        <I18nProvider locale={texts.language} messages={[texts.components]}>
          {children}
        </I18nProvider>
      </I18nextProvider>
    </PreferencesContext>
  );
}

export function usePreferences(): Preferences {
  const preferences = use(PreferencesContext);
  if (preferences === undefined) {
    throw new Error("there are no preferences around this component");
  }
  return preferences;
}
