import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { ProblemError } from "../services/problems";
import { useChangePassword } from "../services/users";
import { FormDialog } from "./form-dialog";
import { checkPassword } from "./new-password";
import { useNotify } from "./notifications";
import { useForm } from "./use-form";

const EMPTY = { old: "", new: "", again: "" };
const FIELDS = ["old", "new", "again"] as const;

/** Changes one's own password. */
export default function PasswordDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const notify = useNotify();
  const { mutate, isPending, error } = useChangePassword();
  const wrong = error instanceof ProblemError && error.code === "invalid_credentials";
  const form = useForm({
    first: EMPTY,
    check: (entered) => check(t, entered),
    fields: ["/old", "/new"],
    error,
    send: ({ old, new: wanted }) =>
      mutate(
        { old, new: wanted },
        {
          onSuccess: () => {
            onClose();
            notify("success", t("password.changed"));
          },
        },
      ),
  });
  const { draft, change, faults } = form;
  return (
    <FormDialog
      title={t("password.title")}
      action={t("actions.save")}
      busy={isPending}
      {...form}
      error={wrong ? null : error}
      onClose={onClose}
    >
      <Box>{t("password.text")}</Box>
      {FIELDS.map((field) => (
        <FormField
          key={field}
          label={t(`password.${field}`)}
          description={field === "new" && t("password.newText")}
          errorText={faults.shown.get(`/${field}`) ?? (field === "old" && wrong && t("password.oldWrong"))}
        >
          <Input
            type="password"
            autoComplete={field === "old" ? "current-password" : "new-password"}
            value={draft[field]}
            onChange={({ detail }) => change({ [field]: detail.value })}
          />
        </FormField>
      ))}
    </FormDialog>
  );
}

function check(t: TFunction, entered: typeof EMPTY): Map<string, string> {
  const faults = new Map<string, string>();
  if (entered.old === "") {
    faults.set("/old", t("password.oldMissing"));
  }
  const fault = checkPassword(t, entered.new);
  if (fault !== undefined) {
    faults.set("/new", fault);
  }
  if (entered.again !== entered.new) {
    faults.set("/again", t("password.againOther"));
  }
  return faults;
}
