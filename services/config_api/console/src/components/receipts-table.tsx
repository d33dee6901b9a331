import Box from "@cloudscape-design/components/box";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type Formats, useFormats } from "../services/formats";
import { codeText } from "../services/problems";
import { type ReceiptsFilter, receiptsQuery } from "../services/receipts";
import type { Receipt } from "../services/schema";
import { useApi } from "../services/services";
import { Ago } from "./ago";
import { CursorPagination, hasOthers, useCursorPages } from "./cursor-pages";
import { Link } from "./link";
import { ProblemAlert } from "./problem-alert";
import { ReceiptStateIndicator } from "./receipt-state";
import { useWide } from "./use-wide";

/** From this width on (CSS pixels) every column has room. */
const WIDE_PX = 900;

type Column = TableProps.ColumnDefinition<Receipt>;

interface ReceiptsTableProps {
  filter: ReceiptsFilter;
  /** What stands in the column of the integration, where there is one. */
  integration?: (id: number) => ReactNode;
  header?: ReactNode;
  /** The filters themselves. */
  filters?: ReactNode;
  empty: ReactNode;
}

/** Receipts, the newest first; those that come in meanwhile appear on the first page. */
export function ReceiptsTable({ filter, integration, header, filters, empty }: ReceiptsTableProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const pages = useCursorPages(JSON.stringify(filter));
  const { data, error, isPending, refetch } = useQuery(receiptsQuery(useApi(), filter, pages.cursor));
  const wide = useWide(WIDE_PX);
  const next = data?.next ?? null;
  const definitions = columns(t, formats, { wide, integration });
  return (
    <>
      {error !== null && <ProblemAlert error={error} onRetry={() => void refetch()} />}
      <Table
        ariaLabels={{ tableLabel: t("receipts.title") }}
        header={header}
        filter={filters}
        items={data?.items ?? []}
        columnDefinitions={definitions}
        trackBy="receipt"
        loading={isPending}
        loadingText={t("shell.loading")}
        empty={empty}
        wrapLines
        pagination={hasOthers(pages, next) && <CursorPagination pages={pages} next={next} />}
      />
    </>
  );
}

interface Shown {
  /** Whether there is room for what the others tell as well. */
  wide: boolean;
  integration: ReceiptsTableProps["integration"];
}

function columns(t: TFunction, formats: Formats, { wide, integration }: Shown): Column[] {
  const of: Column = {
    id: "integration",
    header: t("receipts.columns.integration"),
    cell: (receipt) => integration?.(receipt.integration),
    minWidth: 148,
  };
  const written = count(t, formats, "written", (receipt) => receipt.written);
  const unmapped = count(t, formats, "unmapped", (receipt) =>
    Object.values(receipt.unmapped).reduce((sum, each) => sum + each, receipt.unmapped_others),
  );
  return [
    {
      id: "received",
      header: t("receipts.columns.received"),
      cell: ({ receipt, received_at }) => (
        <>
          <Link to={`/receipts/${receipt}`}>
            <span className={wide ? "whole" : ""}>{formats.dateTime(received_at)}</span>
          </Link>
          <Box variant="small" display="block">
            <Ago moment={received_at} />
          </Box>
        </>
      ),
      isRowHeader: true,
      minWidth: wide ? 160 : 136,
    },
    ...(integration === undefined ? [] : [of]),
    {
      id: "state",
      header: t("receipts.columns.state"),
      cell: ({ state, failure }) => (
        <>
          <ReceiptStateIndicator state={state} />
          {failure !== null && (
            <Box variant="small" display="block">
              {codeText(t, failure)}
            </Box>
          )}
        </>
      ),
      minWidth: 120,
    },
    count(t, formats, "records", (receipt) => receipt.records),
    ...(wide ? [written] : []),
    {
      ...count(t, formats, "rejected", (receipt) => receipt.rejected),
      cell: (receipt) => <Rejected receipt={receipt} />,
    },
    ...(wide ? [unmapped] : []),
  ];
}

function count(
  t: TFunction,
  formats: Formats,
  id: "records" | "written" | "rejected" | "unmapped",
  of: (receipt: Receipt) => number,
): Column {
  return {
    id,
    header: t(`receipts.columns.${id}`),
    cell: (receipt) => <span className="numbers">{formats.number(of(receipt))}</span>,
    minWidth: 90,
  };
}

function Rejected({ receipt: { rejected, values_rejected } }: { receipt: Receipt }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <div className="numbers">
      <Box color={rejected > 0 ? "text-status-error" : "inherit"}>{formats.number(rejected)}</Box>
      {values_rejected > 0 && (
        <Box fontSize="body-s" color="text-status-error">
          {t("receipts.values", { count: values_rejected, number: formats.number(values_rejected) })}
        </Box>
      )}
    </div>
  );
}
