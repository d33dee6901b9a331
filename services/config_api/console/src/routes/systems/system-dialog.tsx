import Box from "@cloudscape-design/components/box";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../components/form-dialog";
import { checkNames, NamedFields } from "../../components/named-fields";
import { useNotify } from "../../components/notifications";
import { useForm } from "../../components/use-form";
import { freeKey } from "../../services/attribute-keys";
import type { SystemView } from "../../services/schema";
import { useApi } from "../../services/services";
import { systemsQuery, useCreateSystem, useRenameSystem } from "../../services/systems";

/** Makes a system, or names one anew. */
export default function SystemDialog({ before, onClose }: { before: SystemView | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const notify = useNotify();
  const { data = [] } = useQuery(systemsQuery(useApi()));
  const create = useCreateSystem();
  const rename = useRenameSystem();
  const error = create.error ?? rename.error;
  const proposed = (name: string) =>
    freeKey(
      name,
      data.map(({ key }) => key),
    );
  const form = useForm({
    first: { name: before?.name ?? "", key: "" },
    check: (names) => checkNames(t, names),
    fields: ["/name", "/key"],
    error,
    send: (draft) => {
      const name = draft.name.trim();
      const onSuccess = () => {
        onClose();
        notify("success", t(before === undefined ? "names.created" : "names.saved", { name }));
      };
      if (before === undefined) {
        create.mutate({ name, key: draft.key || proposed(name) }, { onSuccess });
      } else {
        rename.mutate({ before, name }, { onSuccess });
      }
    },
  });
  return (
    <FormDialog
      title={before === undefined ? t("systems.create") : t("systems.renameOf", { name: before.name })}
      action={before === undefined ? t("names.create") : t("actions.save")}
      busy={create.isPending || rename.isPending}
      error={error}
      {...form}
      onClose={onClose}
    >
      {before === undefined && <Box>{t("systems.createText")}</Box>}
      <NamedFields
        value={form.draft}
        onChange={form.change}
        proposed={before === undefined ? proposed(form.draft.name) : undefined}
        faults={form.faults.shown}
      />
    </FormDialog>
  );
}
