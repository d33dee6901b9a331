import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useApi } from "../../services/services";
import { environmentsQuery, systemsQuery } from "../../services/systems";
import type { FieldsProps } from "./fields";

/** Name, system and environment; the latter two are `fixed` once the integration is made. */
export function DefineFields({ draft, onChange, faults, fixed }: FieldsProps & { fixed: boolean }) {
  const { t } = useTranslation();
  const api = useApi();
  const systems = useQuery(systemsQuery(api));
  const environments = useQuery(environmentsQuery(api, draft.system));
  const choices = (list: { data?: { key: string; name: string }[] | undefined }) =>
    (list.data ?? []).map(({ key, name }) => ({ value: key, label: name, description: key }));
  const of = (options: { value: string }[], value: string) => options.find((each) => each.value === value) ?? null;
  const systemChoices = choices(systems);
  const environmentChoices = choices(environments);
  return (
    <Container>
      <SpaceBetween size="l">
        <FormField
          label={t("createIntegration.name")}
          description={t("createIntegration.nameText")}
          errorText={faults.get("/name")}
        >
          <Input value={draft.name} onChange={({ detail }) => onChange({ ...draft, name: detail.value })} autoFocus />
        </FormField>
        <FormField
          label={t("createIntegration.system")}
          description={fixed ? t("createIntegration.fixed") : t("createIntegration.systemText")}
          errorText={faults.get("/system")}
        >
          <Select
            readOnly={fixed}
            options={systemChoices}
            selectedOption={of(systemChoices, draft.system)}
            placeholder={t("createIntegration.systemPlaceholder")}
            statusType={systems.isPending ? "loading" : "finished"}
            onChange={({ detail }) =>
              onChange({ ...draft, system: detail.selectedOption.value ?? "", environment: "" })
            }
          />
        </FormField>
        <FormField label={t("createIntegration.environment")} errorText={faults.get("/environment")}>
          <Select
            readOnly={fixed}
            disabled={draft.system === ""}
            options={environmentChoices}
            selectedOption={of(environmentChoices, draft.environment)}
            placeholder={t("createIntegration.environmentPlaceholder")}
            statusType={environments.isLoading ? "loading" : "finished"}
            onChange={({ detail }) => onChange({ ...draft, environment: detail.selectedOption.value ?? "" })}
          />
        </FormField>
      </SpaceBetween>
    </Container>
  );
}
