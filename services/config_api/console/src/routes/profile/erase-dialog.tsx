import Box from "@cloudscape-design/components/box";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { ConfirmDialog } from "../../components/confirm-dialog";
import { useNotify } from "../../components/notifications";
import { type Person, useErase } from "../../services/profiles";

/** Asks before a person is erased, and goes back to the list once that is done. */
export function EraseDialog({ person, onClose }: { person: Person; onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const notify = useNotify();
  const { mutate, isPending, error } = useErase();
  const erase = () =>
    mutate(person, {
      onSuccess: () => {
        notify("success", t("profile.erased", { user: person.userId }));
        const { system, environment } = person;
        void navigate(`/profiles?${new URLSearchParams({ system, environment })}`);
      },
    });
  return (
    <ConfirmDialog
      title={t("profile.eraseTitle", { user: person.userId })}
      action={t("profile.erase")}
      busy={isPending}
      error={error}
      onClose={onClose}
      onConfirm={erase}
    >
      <Box>{t("profile.eraseText")}</Box>
    </ConfirmDialog>
  );
}
