import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { MOVES, type Move } from "../../services/integrations";
import type { IntegrationView } from "../../services/schema";

export type Action = Move | "edit" | "duplicate";

interface RowActionsProps {
  integration: IntegrationView;
  onAction: (integration: IntegrationView, action: Action) => void;
}

/** What can be done to an integration in its state. Kept with its row: a table draws all cells anew with each answer. */
export const RowActions = memo(function RowActions({ integration, onAction }: RowActionsProps) {
  const { t } = useTranslation();
  const moves = MOVES[integration.state];
  const actions: Action[] = [
    ...(integration.state === "deleted" ? [] : (["edit"] as const)),
    ...moves.filter((move) => move !== "delete"),
    "duplicate",
    ...moves.filter((move) => move === "delete"),
  ];
  return (
    <ButtonDropdown
      variant="icon"
      expandToViewport
      ariaLabel={t("integrations.actionsFor", { name: integration.name })}
      items={actions.map((id) => ({ id, text: id === "activate" ? t("integrations.activate") : t(`actions.${id}`) }))}
      onItemClick={({ detail }) => {
        const chosen = actions.find((action) => action === detail.id);
        if (chosen !== undefined) {
          onAction(integration, chosen);
        }
      }}
    />
  );
});
