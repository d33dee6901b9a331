import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import { useTranslation } from "react-i18next";
import type { UserView } from "../../services/schema";

export type Action = "edit" | "reset" | "disable" | "enable";

interface RowActionsProps {
  user: UserView;
  onAction: (action: Action) => void;
}

/** What can be done to a user. */
export function RowActions({ user, onAction }: RowActionsProps) {
  const { t } = useTranslation();
  const actions: Action[] = ["edit", "reset", user.disabled ? "enable" : "disable"];
  return (
    <ButtonDropdown
      variant="icon"
      expandToViewport
      ariaLabel={t("table.actionsFor", { name: user.name })}
      items={actions.map((id) => ({ id, text: id === "edit" ? t("actions.edit") : t(`users.${id}`) }))}
      onItemClick={({ detail }) => {
        const chosen = actions.find((action) => action === detail.id);
        if (chosen !== undefined) {
          onAction(chosen);
        }
      }}
    />
  );
}
