import Button from "@cloudscape-design/components/button";
import Table from "@cloudscape-design/components/table";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { EmptyState } from "../../components/empty-state";
import { ListPage } from "../../components/list-page";
import { useSettled } from "../../components/use-settled";
import { type AuditFilters, auditQuery } from "../../services/audit";
import { useFormats } from "../../services/formats";
import { useApi } from "../../services/services";
import { columns } from "./columns";
import { Filters } from "./filters";
import { objectNames } from "./object-names";
import "../../components/searched-table.css";
import "./audit.css";

const KIND = /^[a-z_]{1,64}$/;
const OBJECT = /^[^\0]{1,255}/;
const KEY = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** The audit log. The address holds the filters, so that others can link to what they mean. */
export function Component() {
  const { t } = useTranslation();
  const formats = useFormats();
  const [filters, setFilters] = useFilters();
  const read = useInfiniteQuery(auditQuery(useApi(), useSettled(filters)));
  const entries = useMemo(() => read.data?.pages.flatMap(({ items }) => items) ?? [], [read.data]);
  const definitions = useMemo(() => columns(t, formats, objectNames(entries)), [t, formats, entries]);
  const reload = (
    <Button iconName="refresh" loading={read.isRefetching} onClick={() => void read.refetch()}>
      {t("actions.reload")}
    </Button>
  );
  return (
    <ListPage title={t("audit.title")} description={t("audit.description")} actions={reload} read={read}>
      <Table
        ariaLabels={{ tableLabel: t("audit.title") }}
        items={entries}
        columnDefinitions={definitions}
        trackBy={({ id }) => String(id)}
        loading={read.isPending}
        loadingText={t("shell.loading")}
        empty={<EmptyState title={t("audit.empty")} text={t("audit.emptyText")} />}
        wrapLines
        cellVerticalAlign="top"
        filter={<Filters filters={filters} onChange={setFilters} />}
        footer={
          read.hasNextPage && (
            <div className="audit-older">
              <Button loading={read.isFetchingNextPage} onClick={() => void read.fetchNextPage()}>
                {t("audit.older")}
              </Button>
            </div>
          )
        }
      />
    </ListPage>
  );
}

/** What the address says; what the API would not take for a filter is none. */
function useFilters(): [AuditFilters, (filters: AuditFilters) => void] {
  const [search, setSearch] = useSearchParams();
  const filters = useMemo(() => {
    const read = (name: string, form: RegExp) => search.get(name)?.match(form)?.[0] ?? "";
    return { kind: read("kind", KIND), object: read("object", OBJECT), system: read("system", KEY) };
  }, [search]);
  const change = useMemo(
    () => (changed: AuditFilters) =>
      setSearch(
        Object.entries(changed).filter(([, value]) => value !== ""),
        { replace: true },
      ),
    [setSearch],
  );
  return [filters, change];
}
