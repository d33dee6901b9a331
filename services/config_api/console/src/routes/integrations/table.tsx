import { useCollection } from "@cloudscape-design/collection-hooks";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { type ReactNode, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useWide } from "../../components/use-wide";
import { useFormats } from "../../services/formats";
import { columns } from "./columns";
import { FilterSelects } from "./filters";
import { fits, NO_FILTERS, type Row } from "./rows";

const PAGE_SIZE = 20;
/** From this width on (CSS pixels) the chart has room. */
const WIDE_PX = 900;

interface IntegrationsTableProps {
  rows: readonly Row[];
  loading: boolean;
  empty: ReactNode;
  actions: ((row: Row) => ReactNode) | undefined;
}

/** The integrations: filtered, searched by name, sorted, page by page. */
export function IntegrationsTable({ rows, loading, empty, actions }: IntegrationsTableProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [filters, setFilters] = useState(NO_FILTERS);
  const chosen = useMemo(() => rows.filter((row) => fits(row, filters)), [rows, filters]);
  const wide = useWide(WIDE_PX);
  const definitions = useMemo(() => columns(t, formats, { wide, actions }), [t, formats, wide, actions]);
  const {
    items,
    filterProps,
    collectionProps,
    paginationProps,
    filteredItemsCount,
    actions: collection,
  } = useCollection(chosen, {
    filtering: {
      filteringFunction: ({ integration }, text) =>
        integration.name.toLocaleLowerCase().includes(text.trim().toLocaleLowerCase()),
    },
    sorting: { defaultState: { sortingColumn: definitions[0] ?? {} } },
    pagination: { pageSize: PAGE_SIZE },
  });
  // The column of these definitions: those of another language are other ones.
  const sorted = definitions.find(({ sortingField }) => sortingField === collectionProps.sortingColumn?.sortingField);
  const clear = () => {
    setFilters(NO_FILTERS);
    collection.setFiltering("");
  };
  const narrowed = rows.some(({ integration }) => integration.state !== "deleted") || filters !== NO_FILTERS;
  return (
    <Table
      {...collectionProps}
      {...(sorted === undefined ? {} : { sortingColumn: sorted })}
      items={items}
      columnDefinitions={definitions}
      trackBy={({ integration }) => String(integration.id)}
      loading={loading}
      loadingText={t("shell.loading")}
      empty={narrowed ? <NoMatch onClear={clear} /> : empty}
      wrapLines
      filter={
        <div className="integration-filters">
          <TextFilter
            {...filterProps}
            filteringPlaceholder={t("integrations.search")}
            filteringAriaLabel={t("integrations.search")}
            countText={t("integrations.matches", { count: filteredItemsCount ?? 0 })}
          />
          <FilterSelects rows={rows} filters={filters} onChange={setFilters} />
        </div>
      }
      pagination={chosen.length > PAGE_SIZE && <Pagination {...paginationProps} />}
    />
  );
}

function NoMatch({ onClear }: { onClear: () => void }) {
  const { t } = useTranslation();
  return (
    <Box textAlign="center" padding="l">
      <SpaceBetween size="s">
        <Box variant="h3">{t("integrations.noMatch.title")}</Box>
        <Box color="text-body-secondary">{t("integrations.noMatch.text")}</Box>
        <Button onClick={onClear}>{t("integrations.noMatch.clear")}</Button>
      </SpaceBetween>
    </Box>
  );
}
