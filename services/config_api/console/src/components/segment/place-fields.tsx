import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Place } from "../../services/segments";
import { useApi } from "../../services/services";
import { environmentsQuery, systemsQuery } from "../../services/systems";

interface PlaceFieldsProps {
  value: Place;
  onChange: (place: Place) => void;
  /** Whether it is made already, and stays where it is. */
  fixed: boolean;
  faults: ReadonlyMap<string, string>;
}

/** System and environment. */
export function PlaceFields({ value, onChange, fixed, faults }: PlaceFieldsProps) {
  const { t } = useTranslation();
  const api = useApi();
  const systems = useQuery(systemsQuery(api));
  const environments = useQuery(environmentsQuery(api, value.system));
  const choices = (list: { key: string; name: string }[] = []) =>
    list.map(({ key, name }) => ({ value: key, label: name, description: key }));
  const chosen = (options: { value: string }[], key: string) => options.find((each) => each.value === key) ?? null;
  const systemChoices = choices(systems.data);
  const environmentChoices = choices(environments.data);
  return (
    <div className="segment-place">
      <FormField
        label={t("createSegment.system")}
        description={fixed && t("createSegment.fixed")}
        errorText={faults.get("/system")}
      >
        <Select
          readOnly={fixed}
          options={systemChoices}
          selectedOption={chosen(systemChoices, value.system)}
          placeholder={t("createSegment.systemPlaceholder")}
          statusType={systems.isPending ? "loading" : "finished"}
          onChange={({ detail }) => onChange({ system: detail.selectedOption.value ?? "", environment: "" })}
        />
      </FormField>
      <FormField
        label={t("createSegment.environment")}
        description={fixed && t("createSegment.fixed")}
        errorText={faults.get("/environment")}
      >
        <Select
          readOnly={fixed}
          disabled={value.system === ""}
          options={environmentChoices}
          selectedOption={chosen(environmentChoices, value.environment)}
          placeholder={t("createSegment.environmentPlaceholder")}
          statusType={environments.isLoading ? "loading" : "finished"}
          onChange={({ detail }) => onChange({ ...value, environment: detail.selectedOption.value ?? "" })}
        />
      </FormField>
    </div>
  );
}
