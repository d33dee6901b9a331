import Select from "@cloudscape-design/components/select";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { EmptyState } from "../../components/empty-state";
import { Link } from "../../components/link";
import { ListPage } from "../../components/list-page";
import { Waiting } from "../../components/waiting";
import type { SystemView } from "../../services/schema";
import { useApi } from "../../services/services";
import { systemsQuery } from "../../services/systems";
import { AttributesOf } from "./attributes-of";

/** Attributes, system by system. The address says which one it is. */
export function Component() {
  const { t } = useTranslation();
  const read = useQuery(systemsQuery(useApi()));
  const [search, setSearch] = useSearchParams();
  const systems = read.data ?? [];
  const chosen = systems.find(({ key }) => key === search.get("system")) ?? systems[0];
  if (chosen !== undefined) {
    const onSystem = (system: string) => setSearch({ system }, { replace: true });
    const select = <SystemSelect {...{ systems, chosen, onSystem }} />;
    return <AttributesOf key={chosen.key} system={chosen} select={select} />;
  }
  const toSystems = <Link to="/systems">{t("attributes.toSystems")}</Link>;
  return (
    <ListPage title={t("attributes.title")} description={t("attributes.description")} read={read}>
      {read.isPending ? (
        <Waiting />
      ) : (
        <EmptyState title={t("attributes.noSystem")} text={t("attributes.noSystemText")} action={toSystems} />
      )}
    </ListPage>
  );
}

interface SystemSelectProps {
  systems: readonly SystemView[];
  chosen: SystemView;
  onSystem: (key: string) => void;
}

function SystemSelect({ systems, chosen, onSystem }: SystemSelectProps) {
  const { t } = useTranslation();
  const options = systems.map(({ key, name }) => ({ value: key, label: name, description: key }));
  return (
    <div className="table-filter">
      <Select
        ariaLabel={t("attributes.system")}
        inlineLabelText={t("attributes.system")}
        options={options}
        selectedOption={{ value: chosen.key, label: chosen.name }}
        filteringType={systems.length > 10 ? "auto" : "none"}
        onChange={({ detail }) => onSystem(detail.selectedOption.value ?? chosen.key)}
        expandToViewport
      />
    </div>
  );
}
