import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useNotify } from "../../components/notifications";
import type { Move } from "../../services/integrations";
import type { IntegrationView } from "../../services/schema";

/** The moves that are asked about first, because senders notice them. */
export const ASKED = ["pause", "delete"] as const;
export type AskedMove = (typeof ASKED)[number];

/** Says that a move is done. */
export function useMoved(): (integration: IntegrationView, move: Move) => void {
  const { t } = useTranslation();
  const notify = useNotify();
  return useCallback(
    (integration, move) => notify("success", t(`integrations.done.${move}`, { name: integration.name })),
    [notify, t],
  );
}
