import Select from "@cloudscape-design/components/select";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { EmptyState } from "../../components/empty-state";
import { Link } from "../../components/link";
import { ListPage } from "../../components/list-page";
import { Waiting } from "../../components/waiting";
import { useApi } from "../../services/services";
import { environmentsQuery, systemsQuery } from "../../services/systems";
import { SegmentsOf } from "./segments-of";

/** Segments, system by system. The address says which one it is, and which environment if not all. */
export function Component() {
  const { t } = useTranslation();
  const api = useApi();
  const read = useQuery(systemsQuery(api));
  const [search, setSearch] = useSearchParams();
  const systems = read.data ?? [];
  const system = systems.find(({ key }) => key === search.get("system")) ?? systems[0];
  const environments = useQuery(environmentsQuery(api, system?.key ?? ""));
  const environment = environments.data?.find(({ key }) => key === search.get("environment"));
  const shown = useMemo(
    () => (environment === undefined ? environments.data : [environment]),
    [environment, environments.data],
  );
  if (system === undefined || environments.data === undefined || shown === undefined) {
    const toSystems = <Link to="/systems">{t("segments.toSystems")}</Link>;
    return (
      <ListPage
        title={t("segments.title")}
        description={t("segments.description")}
        read={read.error === null ? environments : read}
      >
        {read.isPending || system !== undefined ? (
          <Waiting />
        ) : (
          <EmptyState title={t("segments.noSystem")} text={t("segments.noSystemText")} action={toSystems} />
        )}
      </ListPage>
    );
  }
  const choose = (fields: Record<string, string>) => setSearch(fields, { replace: true });
  const filters = (
    <>
      <Filter
        label={t("segments.system")}
        options={systems}
        value={system.key}
        onChange={(key) => choose({ system: key })}
      />
      <Filter
        label={t("segments.environment")}
        options={[{ key: "", name: t("segments.allEnvironments") }, ...environments.data]}
        value={environment?.key ?? ""}
        onChange={(key) => choose({ system: system.key, ...(key === "" ? {} : { environment: key }) })}
      />
    </>
  );
  return <SegmentsOf key={system.key} system={system} environments={shown} filters={filters} />;
}

interface FilterProps {
  label: string;
  options: readonly { key: string; name: string }[];
  value: string;
  onChange: (key: string) => void;
}

function Filter({ label, options, value, onChange }: FilterProps) {
  const choices = options.map(({ key, name }) => ({ value: key, label: name }));
  return (
    <div className="table-filter">
      <Select
        ariaLabel={label}
        inlineLabelText={label}
        options={choices}
        selectedOption={choices.find((choice) => choice.value === value) ?? null}
        filteringType={choices.length > 10 ? "auto" : "none"}
        expandToViewport
        onChange={({ detail }) => onChange(detail.selectedOption.value ?? value)}
      />
    </div>
  );
}
