import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../components/form-dialog";
import { useNotify } from "../../components/notifications";
import { useDuplicate } from "../../services/integrations";
import { faultsByField } from "../../services/problems";
import type { IntegrationView } from "../../services/schema";
import { useApi } from "../../services/services";
import { environmentsQuery } from "../../services/systems";

const FIELDS = ["/name", "/environment"];

/** Asks for the copy's name and environment. */
export default function DuplicateDialog({
  integration,
  onClose,
}: {
  integration: IntegrationView;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const notify = useNotify();
  const [name, setName] = useState<string>(t("integrations.duplicateDialog.copyOf", { name: integration.name }));
  const [environment, setEnvironment] = useState(integration.environment);
  const { data: environments = [] } = useQuery(environmentsQuery(useApi(), integration.system));
  const { mutate, isPending, error } = useDuplicate();
  const faults = faultsByField(t, error, FIELDS);
  const options = environments.map((each) => ({ value: each.key, label: each.name }));
  const duplicate = () => {
    const onSuccess = () => {
      onClose();
      notify("success", t("integrations.done.duplicate", { name }));
    };
    if (name.trim() !== "") {
      mutate({ integration: integration.id, name: name.trim(), environment }, { onSuccess });
    }
  };
  return (
    <FormDialog
      title={t("integrations.duplicateDialog.title", { name: integration.name })}
      action={t("actions.duplicate")}
      busy={isPending}
      error={error}
      faults={faults}
      onClose={onClose}
      onSubmit={duplicate}
    >
      <Box>{t("integrations.duplicateDialog.text")}</Box>
      <FormField
        label={t("integrations.duplicateDialog.name")}
        errorText={name.trim() === "" ? t("integrations.duplicateDialog.nameMissing") : faults.shown.get("/name")}
      >
        <Input value={name} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
      <FormField label={t("integrations.duplicateDialog.environment")} errorText={faults.shown.get("/environment")}>
        <Select
          options={options}
          selectedOption={options.find(({ value }) => value === environment) ?? null}
          onChange={({ detail }) => setEnvironment(detail.selectedOption.value ?? environment)}
          expandToViewport
        />
      </FormField>
    </FormDialog>
  );
}
