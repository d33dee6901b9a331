import Select from "@cloudscape-design/components/select";
import { useTranslation } from "react-i18next";
import type { Filters, Row } from "./rows";

const STATES = ["draft", "active", "paused", "deleted"] as const;

interface FiltersProps {
  rows: readonly Row[];
  filters: Filters;
  onChange: (filters: Filters) => void;
}

/** System, environment and state. Offered is what there is. */
export function FilterSelects({ rows, filters, onChange }: FiltersProps) {
  const { t } = useTranslation();
  const systems = new Map(rows.map(({ integration, system }) => [integration.system, system]));
  const environments = new Map(rows.map(({ integration, environment }) => [integration.environment, environment]));
  const states = new Map(STATES.map((state) => [state, t(`integrations.states.${state}`)]));
  return (
    <>
      <Filter
        label={t("integrations.filters.system")}
        all={t("integrations.filters.allSystems")}
        options={systems}
        value={filters.system}
        onChange={(system) => onChange({ ...filters, system })}
      />
      <Filter
        label={t("integrations.filters.environment")}
        all={t("integrations.filters.allEnvironments")}
        options={environments}
        value={filters.environment}
        onChange={(environment) => onChange({ ...filters, environment })}
      />
      <Filter
        label={t("integrations.filters.state")}
        all={t("integrations.filters.allStates")}
        options={states}
        value={filters.state}
        onChange={(state) => onChange({ ...filters, state })}
      />
    </>
  );
}

interface FilterProps<Value extends string> {
  label: string;
  all: string;
  options: ReadonlyMap<Value, string>;
  value: Value | "";
  onChange: (value: Value | "") => void;
}

function Filter<Value extends string>({ label, all, options, value, onChange }: FilterProps<Value>) {
  const choices = [{ value: "", label: all }, ...[...options].map(([key, name]) => ({ value: key, label: name }))];
  return (
    <div className="integration-filter">
      <Select
        ariaLabel={label}
        inlineLabelText={label}
        options={choices}
        selectedOption={choices.find((choice) => choice.value === value) ?? null}
        onChange={({ detail }) =>
          onChange([...options.keys()].find((key) => key === detail.selectedOption.value) ?? "")
        }
        expandToViewport
      />
    </div>
  );
}
