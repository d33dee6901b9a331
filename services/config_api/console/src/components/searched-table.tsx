import { useCollection } from "@cloudscape-design/collection-hooks";
import Button from "@cloudscape-design/components/button";
import Pagination from "@cloudscape-design/components/pagination";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "./empty-state";
import "./searched-table.css";

export type Column<T> = TableProps.ColumnDefinition<T>;

const PAGE_SIZE = 20;

interface SearchedTableProps<T> {
  /** What is listed, for those who do not see the heading above. */
  label: string;
  items: readonly T[];
  /** It is sorted by the first one to begin with. */
  columns: readonly Column<T>[];
  id: (item: T) => string;
  /** The words of an item that the search looks through. */
  words: (item: T) => string;
  /** What the search is called. */
  search: string;
  loading: boolean;
  /** In place of a table of nothing. */
  empty: ReactNode;
  /** Further filters, each in a div of the class table-filter; their work is done by who passes the items. */
  filters?: ReactNode;
}

/** A list that was read whole: searched, sorted, page by page. */
export function SearchedTable<T>({
  label,
  items: all,
  columns,
  id,
  words,
  search,
  loading,
  empty,
  filters,
}: SearchedTableProps<T>) {
  const { t } = useTranslation();
  const { items, filterProps, collectionProps, paginationProps, filteredItemsCount, actions } = useCollection(all, {
    filtering: {
      filteringFunction: (item, text) => words(item).toLocaleLowerCase().includes(text.trim().toLocaleLowerCase()),
    },
    sorting: { defaultState: { sortingColumn: columns[0] ?? {} } },
    pagination: { pageSize: PAGE_SIZE },
  });
  // The column of these definitions: those of another language are other ones.
  const sorted = columns.find(({ sortingField }) => sortingField === collectionProps.sortingColumn?.sortingField);
  const noMatch = (
    <EmptyState
      title={t("table.noMatch")}
      text={t("table.noMatchText")}
      action={<Button onClick={() => actions.setFiltering("")}>{t("table.clear")}</Button>}
    />
  );
  return (
    <Table
      {...collectionProps}
      {...(sorted === undefined ? {} : { sortingColumn: sorted })}
      ariaLabels={{ tableLabel: label }}
      items={items}
      columnDefinitions={columns}
      trackBy={id}
      loading={loading}
      loadingText={t("shell.loading")}
      empty={filterProps.filteringText === "" ? empty : noMatch}
      wrapLines
      filter={
        <div className="table-filters">
          <TextFilter
            {...filterProps}
            filteringPlaceholder={search}
            filteringAriaLabel={search}
            countText={t("table.matches", { count: filteredItemsCount ?? 0 })}
          />
          {filters}
        </div>
      }
      pagination={all.length > PAGE_SIZE && <Pagination {...paginationProps} />}
    />
  );
}
