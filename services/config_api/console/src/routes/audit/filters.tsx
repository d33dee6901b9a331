import Button from "@cloudscape-design/components/button";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { AuditFilters } from "../../services/audit";
import { useApi, useCan, useUser } from "../../services/services";
import { systemsQuery } from "../../services/systems";

const KINDS = [
  "integration",
  "integration_token",
  "system",
  "environment",
  "attribute",
  "segment",
  "profile",
  "access_token",
  "user",
  "session",
] as const;
/** Entries that the API shows only to those who manage users and reach every system. */
const GUARDED: ReadonlySet<string> = new Set(["access_token", "user", "session"]);

interface FiltersProps {
  filters: AuditFilters;
  onChange: (filters: AuditFilters) => void;
}

/** Kind, system and object. */
export function Filters({ filters, onChange }: FiltersProps) {
  const { t } = useTranslation();
  const manages = useCan()("users:manage");
  const all = useUser().systems === null && manages;
  const { data: systems = [] } = useQuery(systemsQuery(useApi()));
  const kinds = KINDS.filter((kind) => all || !GUARDED.has(kind)).map((kind) => ({
    value: kind,
    label: t(`audit.kinds.${kind}`),
  }));
  return (
    <div className="table-filters">
      <Filter
        label={t("audit.filters.kind")}
        all={t("audit.filters.allKinds")}
        options={kinds}
        value={filters.kind}
        onChange={(kind) => onChange({ ...filters, kind })}
      />
      <Filter
        label={t("audit.filters.system")}
        all={t("audit.filters.allSystems")}
        options={systems.map(({ key, name }) => ({ value: key, label: name }))}
        value={filters.system}
        onChange={(system) => onChange({ ...filters, system })}
      />
      <div className="audit-object">
        <Input
          type="search"
          ariaLabel={t("audit.filters.object")}
          placeholder={t("audit.filters.objectText")}
          value={filters.object}
          onChange={({ detail }) => onChange({ ...filters, object: detail.value })}
        />
      </div>
      {Object.values(filters).some((value) => value !== "") && (
        <Button variant="link" onClick={() => onChange({ kind: "", object: "", system: "" })}>
          {t("audit.clear")}
        </Button>
      )}
    </div>
  );
}

interface FilterProps {
  label: string;
  all: string;
  options: readonly { value: string; label: string }[];
  value: string;
  onChange: (value: string) => void;
}

function Filter({ label, all, options, value, onChange }: FilterProps) {
  const choices = [{ value: "", label: all }, ...options];
  return (
    <div className="table-filter">
      <Select
        ariaLabel={label}
        inlineLabelText={label}
        options={choices}
        selectedOption={choices.find((choice) => choice.value === value) ?? { value, label: value }}
        onChange={({ detail }) => onChange(detail.selectedOption.value ?? "")}
        expandToViewport
      />
    </div>
  );
}
