import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "../../components/confirm-dialog";
import { useNotify } from "../../components/notifications";
import { ProblemError } from "../../services/problems";
import type { AttributeView } from "../../services/schema";
import { useDeleteAttribute } from "../../services/systems";

interface DeleteDialogProps {
  /** The system's key. */
  system: string;
  attribute: AttributeView;
  onClose: () => void;
}

/** Asks before an attribute is deleted; says what uses it where it cannot be. */
export default function DeleteDialog({ system, attribute, onClose }: DeleteDialogProps) {
  const { t } = useTranslation();
  const notify = useNotify();
  const { mutate, isPending, error } = useDeleteAttribute(system);
  const users = error instanceof ProblemError ? error.users : [];
  const onSuccess = () => {
    onClose();
    notify("success", t("attributes.deleted", { name: attribute.name }));
  };
  return (
    <ConfirmDialog
      title={t("attributes.deleteOf", { name: attribute.name })}
      action={t("actions.delete")}
      busy={isPending}
      error={users.length > 0 ? undefined : error}
      onClose={onClose}
      onConfirm={() => mutate(attribute, { onSuccess })}
    >
      <Box>{t("attributes.deleteText")}</Box>
      {users.length > 0 && (
        <Alert type="error">
          <span className="anything">{t("attributes.usedBy", { names: users.join(", ") })}</span>
        </Alert>
      )}
    </ConfirmDialog>
  );
}
