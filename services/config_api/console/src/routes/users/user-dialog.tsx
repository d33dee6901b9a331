import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../components/form-dialog";
import { checkPassword, NewPassword } from "../../components/new-password";
import { useNotify } from "../../components/notifications";
import { type Reach, SystemsField } from "../../components/systems-field";
import { useForm } from "../../components/use-form";
import type { Role, UserView } from "../../services/schema";
import { useUser } from "../../services/services";
import { useCreateUser, useReplaceUser } from "../../services/users";

const ROLES = ["viewer", "editor", "admin"] as const satisfies readonly Role[];
const FIELDS = ["/name", "/password", "/role", "/systems"];

interface Draft {
  name: string;
  password: string;
  role: Role;
  systems: Reach;
}

/** Makes a user, or changes their role and systems. */
export default function UserDialog({ before, onClose }: { before: UserView | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const form = useUserForm(before, onClose);
  const { draft, change, faults } = form;
  return (
    <FormDialog
      title={before === undefined ? t("users.create") : t("users.editOf", { name: before.name })}
      action={before === undefined ? t("names.create") : t("actions.save")}
      {...form}
      onClose={onClose}
    >
      {before === undefined && (
        <FormField label={t("names.name")} description={t("users.nameText")} errorText={faults.shown.get("/name")}>
          <Input
            value={draft.name}
            autoComplete="off"
            spellcheck={false}
            onChange={({ detail }) => change({ name: detail.value })}
          />
        </FormField>
      )}
      {before === undefined && (
        <NewPassword
          value={draft.password}
          onChange={(password) => change({ password })}
          errorText={faults.shown.get("/password")}
        />
      )}
      <FormField label={t("users.role")} errorText={faults.shown.get("/role")}>
        <RadioGroup
          value={draft.role}
          onChange={({ detail }) => change({ role: ROLES.find((role) => role === detail.value) ?? draft.role })}
          items={ROLES.map((role) => ({
            value: role,
            label: t(`session.roles.${role}`),
            description: t(`users.roleTexts.${role}`),
          }))}
        />
      </FormField>
      <SystemsField
        description={t("users.systemsText")}
        value={draft.systems}
        onChange={(systems) => change({ systems })}
        errorText={faults.shown.get("/systems")}
      />
    </FormDialog>
  );
}

function useUserForm(before: UserView | undefined, onClose: () => void) {
  const { t } = useTranslation();
  const notify = useNotify();
  const own = useUser().systems;
  const create = useCreateUser();
  const replace = useReplaceUser();
  const error = create.error ?? replace.error;
  const first: Draft = {
    name: "",
    password: "",
    role: before?.role ?? "viewer",
    systems: before ? before.systems : own,
  };
  const form = useForm({
    first,
    check: (draft) => check(t, draft, before),
    fields: FIELDS,
    error,
    send: (draft) => {
      const name = before?.name ?? draft.name.trim();
      const systems = draft.systems === null ? null : [...draft.systems];
      const onSuccess = () => {
        onClose();
        notify("success", t(before === undefined ? "names.created" : "names.saved", { name }));
      };
      if (before === undefined) {
        create.mutate({ name, password: draft.password, role: draft.role, systems }, { onSuccess });
      } else {
        replace.mutate({ before, changed: { role: draft.role, systems } }, { onSuccess });
      }
    },
  });
  return { ...form, error, busy: create.isPending || replace.isPending };
}

function check(t: TFunction, draft: Draft, before: UserView | undefined): Map<string, string> {
  const faults = new Map<string, string>();
  if (before === undefined && draft.name.trim() === "") {
    faults.set("/name", t("names.nameMissing"));
  }
  const fault = before === undefined ? checkPassword(t, draft.password) : undefined;
  if (fault !== undefined) {
    faults.set("/password", fault);
  }
  if (draft.systems?.length === 0) {
    faults.set("/systems", t("rights.systemsMissing"));
  }
  return faults;
}
