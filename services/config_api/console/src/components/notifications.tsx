import Flashbar, { type FlashbarProps } from "@cloudscape-design/components/flashbar";
import { createContext, type ReactNode, use, useCallback, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

/** Says what has happened, above the page, until it is dismissed. Later ones come on top; the last three stay. */
export type Notify = (type: "success" | "error" | "info", text: string) => void;

interface Notification {
  id: string;
  type: FlashbarProps.Type;
  text: string;
}

const KEPT = 3;
const NotifyContext = createContext<Notify | undefined>(undefined);
const ShownContext = createContext<{ shown: readonly Notification[]; dismiss: (id: string) => void } | undefined>(
  undefined,
);

export function NotificationsProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<readonly Notification[]>([]);
  const next = useRef(0);
  const notify = useCallback<Notify>((type, text) => {
    next.current += 1;
    const id = String(next.current);
    setShown((before) => [{ id, type, text }, ...before].slice(0, KEPT));
  }, []);
  const dismiss = useCallback((id: string) => setShown((before) => before.filter((each) => each.id !== id)), []);
  const value = useMemo(() => ({ shown, dismiss }), [shown, dismiss]);
  return (
    <NotifyContext value={notify}>
      <ShownContext value={value}>{children}</ShownContext>
    </NotifyContext>
  );
}

export function useNotify(): Notify {
  const notify = use(NotifyContext);
  if (notify === undefined) {
    throw new Error("there is no place for notifications around this component");
  }
  return notify;
}

/** The notifications themselves. */
export function Notifications() {
  const { t } = useTranslation();
  const { shown, dismiss } = use(ShownContext) ?? { shown: [], dismiss: () => undefined };
  return (
    <Flashbar
      i18nStrings={{ ariaLabel: t("shell.notifications") }}
      items={shown.map(({ id, type, text }) => ({
        id,
        type,
        content: <span className="anything">{text}</span>,
        dismissible: true,
        dismissLabel: t("actions.close"),
        onDismiss: () => dismiss(id),
        ariaRole: type === "error" ? "alert" : "status",
      }))}
    />
  );
}
