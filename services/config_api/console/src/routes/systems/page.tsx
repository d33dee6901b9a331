import { useCollection } from "@cloudscape-design/collection-hooks";
import Button from "@cloudscape-design/components/button";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "../../components/empty-state";
import { ListPage } from "../../components/list-page";
import { Waiting } from "../../components/waiting";
import type { EnvironmentView, SystemView } from "../../services/schema";
import { useApi, useCan, useUser } from "../../services/services";
import { systemsQuery } from "../../services/systems";
import { SystemCard } from "./system-card";
import "./systems.css";

const SystemDialog = lazy(() => import("./system-dialog"));
const EnvironmentDialog = lazy(() => import("./environment-dialog"));

/** Each system is shown with its environments, which are read one system at a time. */
const PAGE_SIZE = 10;

export type Dialog =
  | { kind: "system"; before: SystemView | undefined }
  | { kind: "environment"; system: SystemView; before: EnvironmentView | undefined };

/** Systems with their environments. */
export function Component() {
  const { t } = useTranslation();
  const can = useCan()("config:write");
  const reachesAll = useUser().systems === null;
  const read = useQuery(systemsQuery(useApi()));
  const [dialog, setDialog] = useState<Dialog>();
  const create = can && reachesAll && (
    <Button variant="primary" iconName="add-plus" onClick={() => setDialog({ kind: "system", before: undefined })}>
      {t("systems.create")}
    </Button>
  );
  return (
    <ListPage title={t("systems.title")} description={t("systems.description")} actions={create} read={read}>
      {read.isPending ? (
        <Waiting />
      ) : (
        <Systems systems={read.data ?? []} onDialog={can ? setDialog : undefined} create={create} />
      )}
      <Suspense>
        {dialog?.kind === "system" && <SystemDialog before={dialog.before} onClose={() => setDialog(undefined)} />}
        {dialog?.kind === "environment" && <EnvironmentDialog {...dialog} onClose={() => setDialog(undefined)} />}
      </Suspense>
    </ListPage>
  );
}

interface SystemsProps {
  systems: readonly SystemView[];
  /** Undefined for those who may not change anything. */
  onDialog: ((dialog: Dialog) => void) | undefined;
  create: ReactNode;
}

function Systems({ systems, onDialog, create }: SystemsProps) {
  const { t } = useTranslation();
  const { items, filterProps, paginationProps, filteredItemsCount } = useCollection(systems, {
    filtering: {
      filteringFunction: ({ key, name }, text) =>
        `${name} ${key}`.toLocaleLowerCase().includes(text.trim().toLocaleLowerCase()),
    },
    pagination: { pageSize: PAGE_SIZE },
  });
  if (systems.length === 0) {
    return <EmptyState title={t("systems.empty")} text={t("systems.emptyText")} action={create} />;
  }
  return (
    <SpaceBetween size="m">
      {systems.length > PAGE_SIZE && (
        <div className="systems-filters">
          <TextFilter
            {...filterProps}
            filteringPlaceholder={t("systems.search")}
            filteringAriaLabel={t("systems.search")}
            countText={t("table.matches", { count: filteredItemsCount ?? 0 })}
          />
          <Pagination {...paginationProps} />
        </div>
      )}
      {items.map((system) => (
        <SystemCard key={system.key} system={system} onDialog={onDialog} />
      ))}
    </SpaceBetween>
  );
}
