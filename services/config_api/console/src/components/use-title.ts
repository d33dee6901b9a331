import { useEffect } from "react";
import { useTranslation } from "react-i18next";

/** Names the page in the browser's tab, which screen readers announce as well. */
export function useTitle(title: string): void {
  const { t } = useTranslation();
  const name = t("shell.name");
  useEffect(() => {
    document.title = `${title} · ${name}`;
  }, [title, name]);
}
