import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { EmptyState } from "../../components/empty-state";
import { ListPage } from "../../components/list-page";
import { useSettled } from "../../components/use-settled";
import { useApi } from "../../services/services";
import { environmentsQuery, systemsQuery } from "../../services/systems";
import { ProfilesTable } from "./table";
import "../../components/searched-table.css";

/** Profiles of an environment, found by how their user ID begins. */
export function Component() {
  const { t } = useTranslation();
  const api = useApi();
  const systems = useQuery(systemsQuery(api));
  const [search, setSearch] = useSearchParams();
  const [prefix, setPrefix] = useState(search.get("prefix") ?? "");
  const settled = useSettled(prefix);
  // Until somebody chooses, the first ones.
  const system = search.get("system") ?? systems.data?.[0]?.key ?? "";
  const environments = useQuery(environmentsQuery(api, system));
  const environment = search.get("environment") ?? environments.data?.[0]?.key ?? "";
  const choose = (fields: Record<string, string>) => setSearch(fields, { replace: true });
  const filters = (
    <div className="table-filters">
      <Input
        type="search"
        value={prefix}
        ariaLabel={t("profiles.prefix")}
        placeholder={t("profiles.prefix")}
        spellcheck={false}
        onChange={({ detail }) => {
          setPrefix(detail.value);
          choose({ system, environment, prefix: detail.value });
        }}
      />
      <Place
        label={t("profiles.system")}
        options={systems.data ?? []}
        value={system}
        onChange={(key) => choose({ system: key, prefix })}
      />
      <Place
        label={t("profiles.environment")}
        options={environments.data ?? []}
        value={environment}
        onChange={(key) => choose({ system, environment: key, prefix })}
      />
    </div>
  );
  return (
    <ListPage title={t("profiles.title")} description={t("profiles.description")} read={systems}>
      <ProfilesTable
        system={system}
        environment={environment}
        prefix={settled}
        filters={filters}
        empty={<Empty chosen={environment !== ""} prefix={settled} />}
      />
    </ListPage>
  );
}

function Empty({ chosen, prefix }: { chosen: boolean; prefix: string }) {
  const { t } = useTranslation();
  if (!chosen) {
    return <EmptyState title={t("profiles.choose.title")} text={t("profiles.choose.text")} />;
  }
  const kind = prefix === "" ? "none" : "empty";
  return <EmptyState title={t(`profiles.${kind}.title`)} text={t(`profiles.${kind}.text`)} />;
}

interface PlaceProps {
  label: string;
  options: readonly { key: string; name: string }[];
  value: string;
  onChange: (key: string) => void;
}

function Place({ label, options, value, onChange }: PlaceProps) {
  const choices = options.map(({ key, name }) => ({ value: key, label: name }));
  return (
    <div className="table-filter">
      <Select
        ariaLabel={label}
        inlineLabelText={label}
        options={choices}
        selectedOption={choices.find((choice) => choice.value === value) ?? null}
        filteringType="auto"
        expandToViewport
        onChange={({ detail }) => onChange(detail.selectedOption.value ?? value)}
      />
    </div>
  );
}
