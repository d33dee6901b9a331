import Box from "@cloudscape-design/components/box";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "../../components/confirm-dialog";
import { useNotify } from "../../components/notifications";
import type { UserView } from "../../services/schema";
import { useReplaceUser } from "../../services/users";

/** Asks before a user is signed out and kept out. */
export default function DisableDialog({ user, onClose }: { user: UserView; onClose: () => void }) {
  const { t } = useTranslation();
  const notify = useNotify();
  const { mutate, isPending, error } = useReplaceUser();
  const onSuccess = () => {
    onClose();
    notify("success", t("users.isDisabled", { name: user.name }));
  };
  return (
    <ConfirmDialog
      title={t("users.disableOf", { name: user.name })}
      action={t("users.disable")}
      busy={isPending}
      error={error}
      onClose={onClose}
      onConfirm={() => mutate({ before: user, changed: { disabled: true } }, { onSuccess })}
    >
      <Box>{t("users.disableText")}</Box>
    </ConfirmDialog>
  );
}
