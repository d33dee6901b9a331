import FormField from "@cloudscape-design/components/form-field";
import Multiselect from "@cloudscape-design/components/multiselect";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useApi, useUser } from "../services/services";
import { systemsQuery } from "../services/systems";

/** The keys of systems; null is all of them, those that are made later as well. */
export type Reach = readonly string[] | null;

interface SystemsFieldProps {
  description: string;
  value: Reach;
  onChange: (value: Reach) => void;
  errorText: string | undefined;
}

/** How far somebody or something reaches: nobody gives more than they have. */
export function SystemsField({ description, value, onChange, errorText }: SystemsFieldProps) {
  const { t } = useTranslation();
  const own = useUser().systems;
  const { data = [], isPending } = useQuery(systemsQuery(useApi()));
  const options = data.map(({ key, name }) => ({ value: key, label: name, description: key }));
  return (
    <FormField label={t("rights.systems")} description={description} errorText={errorText}>
      <SpaceBetween size="xs">
        <RadioGroup
          ariaLabel={t("rights.systems")}
          value={value === null ? "all" : "chosen"}
          onChange={({ detail }) => onChange(detail.value === "all" ? null : [])}
          items={[
            { value: "all", label: t("rights.all"), description: t("rights.allText"), disabled: own !== null },
            { value: "chosen", label: t("rights.chosen") },
          ]}
        />
        {value !== null && (
          <Multiselect
            ariaLabel={t("rights.choose")}
            placeholder={t("rights.choose")}
            options={options}
            selectedOptions={options.filter((option) => value.includes(option.value))}
            onChange={({ detail }) => onChange(detail.selectedOptions.flatMap((option) => option.value ?? []))}
            statusType={isPending ? "loading" : "finished"}
            filteringType="auto"
            expandToViewport
          />
        )}
      </SpaceBetween>
    </FormField>
  );
}
