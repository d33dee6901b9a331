import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Checkbox from "@cloudscape-design/components/checkbox";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../components/form-dialog";
import { checkNames, NamedFields } from "../../components/named-fields";
import { useNotify } from "../../components/notifications";
import { useForm } from "../../components/use-form";
import { freeKey } from "../../services/attribute-keys";
import type { EnvironmentView, SystemView } from "../../services/schema";
import { useApi } from "../../services/services";
import { environmentsQuery, useCreateEnvironment, useReplaceEnvironment } from "../../services/systems";

interface EnvironmentDialogProps {
  system: SystemView;
  before: EnvironmentView | undefined;
  onClose: () => void;
}

/** Makes an environment of a system, or changes its name and whether it keeps a history. */
export default function EnvironmentDialog({ system, before, onClose }: EnvironmentDialogProps) {
  const { t } = useTranslation();
  const notify = useNotify();
  const { data = [] } = useQuery(environmentsQuery(useApi(), system.key));
  const create = useCreateEnvironment(system.key);
  const replace = useReplaceEnvironment(system.key);
  const error = create.error ?? replace.error;
  const proposed = (name: string) =>
    freeKey(
      name,
      data.map(({ key }) => key),
    );
  const form = useForm({
    first: { name: before?.name ?? "", key: "", history: before?.history ?? false },
    check: (names) => checkNames(t, names),
    fields: ["/name", "/key"],
    error,
    send: (draft) => {
      const body = { name: draft.name.trim(), history: draft.history };
      const onSuccess = () => {
        onClose();
        notify("success", t(before === undefined ? "names.created" : "names.saved", { name: body.name }));
      };
      if (before === undefined) {
        create.mutate({ ...body, key: draft.key || proposed(body.name) }, { onSuccess });
      } else {
        replace.mutate({ before, body }, { onSuccess });
      }
    },
  });
  const { draft, change } = form;
  return (
    <FormDialog
      title={
        before === undefined
          ? t("systems.addEnvironmentTo", { name: system.name })
          : t("systems.editEnvironment", { name: before.name })
      }
      action={before === undefined ? t("names.create") : t("actions.save")}
      busy={create.isPending || replace.isPending}
      error={error}
      {...form}
      onClose={onClose}
    >
      {before === undefined && <Box>{t("systems.environmentText")}</Box>}
      <NamedFields
        value={draft}
        onChange={change}
        proposed={before === undefined ? proposed(draft.name) : undefined}
        faults={form.faults.shown}
      />
      <Checkbox
        checked={draft.history}
        description={t("systems.historyText")}
        onChange={({ detail }) => change({ history: detail.checked })}
      >
        {t("systems.historyLabel")}
      </Checkbox>
      {draft.history && <Alert type="info">{t("systems.historyCost")}</Alert>}
    </FormDialog>
  );
}
