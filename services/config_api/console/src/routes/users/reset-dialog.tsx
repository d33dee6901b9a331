import Box from "@cloudscape-design/components/box";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../components/form-dialog";
import { checkPassword, NewPassword } from "../../components/new-password";
import { useNotify } from "../../components/notifications";
import { useForm } from "../../components/use-form";
import type { UserView } from "../../services/schema";
import { useResetPassword } from "../../services/users";

/** Gives a user a new password. */
export default function ResetDialog({ user, onClose }: { user: UserView; onClose: () => void }) {
  const { t } = useTranslation();
  const notify = useNotify();
  const { mutate, isPending, error } = useResetPassword();
  const onSuccess = () => {
    onClose();
    notify("success", t("users.isReset", { name: user.name }));
  };
  const form = useForm({
    first: { password: "" },
    check: ({ password }) => {
      const fault = checkPassword(t, password);
      return new Map(fault === undefined ? [] : [["/password", fault]]);
    },
    fields: ["/password"],
    error,
    send: ({ password }) => mutate({ user: user.id, password }, { onSuccess }),
  });
  return (
    <FormDialog
      title={t("users.resetOf", { name: user.name })}
      action={t("users.reset")}
      busy={isPending}
      error={error}
      {...form}
      onClose={onClose}
    >
      <Box>{t("users.resetText")}</Box>
      <NewPassword
        value={form.draft.password}
        onChange={(password) => form.change({ password })}
        errorText={form.faults.shown.get("/password")}
      />
    </FormDialog>
  );
}
