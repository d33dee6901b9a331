import TopNavigation, { type TopNavigationProps } from "@cloudscape-design/components/top-navigation";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { LANGUAGES } from "../i18n";
import { THEMES } from "../services/preferences";
import { answered, problemText } from "../services/problems";
import type { SignedIn } from "../services/schema";
import { useServices } from "../services/services";
import { useNotify } from "./notifications";
import { usePreferences } from "./preferences";

const PasswordDialog = lazy(() => import("./password-dialog"));

type Utility = TopNavigationProps.Utility;

/** The product's name, language and theme, and the user's menu where there is a user. */
export function TopBar({ user, onHome }: { user?: SignedIn; onHome?: () => void }) {
  const { t } = useTranslation();
  const language = useLanguageMenu();
  const theme = useThemeMenu();
  const [changing, setChanging] = useState(false);
  const account = useAccountMenu(() => setChanging(true));
  return (
    <div className="top-bar" {...(user === undefined ? {} : { id: "top-bar" })}>
      <TopNavigation
        visualContext="none"
        identity={{
          href: "/",
          title: t("shell.name"),
          logo: { src: "/mark.svg", alt: t("shell.home") },
          onFollow: (event) => {
            event.preventDefault();
            onHome?.();
          },
        }}
        utilities={[language, theme, ...(user === undefined ? [] : [account(user)])]}
      />
      <Suspense>{changing && <PasswordDialog onClose={() => setChanging(false)} />}</Suspense>
    </div>
  );
}

function useLanguageMenu(): Utility {
  const { t } = useTranslation();
  const { language, chooseLanguage } = usePreferences();
  return {
    type: "menu-dropdown",
    iconName: "globe",
    text: t(`shell.languages.${language}`),
    ariaLabel: `${t("shell.language")}: ${t(`shell.languages.${language}`)}`,
    items: LANGUAGES.map((id) => ({
      id,
      itemType: "checkbox" as const,
      checked: id === language,
      text: t(`shell.languages.${id}`),
    })),
    onItemClick: ({ detail }) => {
      const chosen = LANGUAGES.find((id) => id === detail.id);
      if (chosen !== undefined) {
        void chooseLanguage(chosen);
      }
    },
  };
}

function useThemeMenu(): Utility {
  const { t } = useTranslation();
  const { theme, chooseTheme } = usePreferences();
  return {
    type: "menu-dropdown",
    iconSvg: <HalfMoon />,
    title: t("shell.theme"),
    ariaLabel: t("shell.theme"),
    items: THEMES.map((id) => ({
      id,
      itemType: "checkbox" as const,
      checked: id === theme,
      text: t(`shell.themes.${id}`),
    })),
    onItemClick: ({ detail }) => {
      const chosen = THEMES.find((id) => id === detail.id);
      if (chosen !== undefined) {
        chooseTheme(chosen);
      }
    },
  };
}

/** A disc, half of it filled. */
function HalfMoon() {
  return (
    <svg viewBox="0 0 16 16" focusable="false" aria-hidden="true">
      <circle cx="8" cy="8" r="6" />
      <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" className="filled" />
    </svg>
  );
}

function useAccountMenu(onPassword: () => void): (user: SignedIn) => Utility {
  const { t } = useTranslation();
  const signOut = useSignOut();
  return (user) => ({
    type: "menu-dropdown",
    iconName: "user-profile",
    text: user.name,
    ariaLabel: `${t("shell.account")}: ${user.name}`,
    description: t(`session.roles.${user.role}`),
    items: [
      { id: "password", text: t("password.title") },
      { id: "sign-out", text: t("session.signOut") },
    ],
    onItemClick: ({ detail }) => (detail.id === "password" ? onPassword() : signOut.mutate()),
  });
}

function useSignOut() {
  const { t } = useTranslation();
  const { api, session } = useServices();
  const queries = useQueryClient();
  const notify = useNotify();
  return useMutation({
    mutationFn: () => answered(api.DELETE("/api/v1/session")),
    onSuccess: () => {
      queries.clear();
      session.end();
    },
    onError: (error) => notify("error", problemText(t, error)),
  });
}
