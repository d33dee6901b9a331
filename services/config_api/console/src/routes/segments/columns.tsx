import Box from "@cloudscape-design/components/box";
import type { TFunction } from "i18next";
import type { ReactNode } from "react";
import { Ago } from "../../components/ago";
import { Link } from "../../components/link";
import type { Column } from "../../components/searched-table";
import { ShortName } from "../../components/short-name";
import type { Formats } from "../../services/formats";
import { segmentPath } from "../../services/segments";
import { Count } from "./count";
import type { Row } from "./rows";

interface Shown {
  /** Whether there is room for the environment in a column of its own. */
  wide: boolean;
  actions: ((row: Row) => ReactNode) | undefined;
}

/** The table's columns. */
export function columns(t: TFunction, formats: Formats, { wide, actions }: Shown): Column<Row>[] {
  const text = (a: string, b: string) => a.localeCompare(b, formats.language, { numeric: true });
  const environment: Column<Row> = {
    id: "environment",
    header: t("segments.columns.environment"),
    cell: (row) => <ShortName text={row.environment} />,
    sortingField: "environment",
    sortingComparator: (a, b) => text(a.environment, b.environment),
    minWidth: 110,
  };
  return [
    {
      id: "name",
      header: t("names.name"),
      cell: (row) => <Name row={row} place={!wide} />,
      sortingField: "name",
      sortingComparator: (a, b) => text(a.segment.name, b.segment.name),
      isRowHeader: true,
      minWidth: 150,
    },
    ...(wide ? [environment] : []),
    {
      id: "condition",
      header: t("segments.columns.condition"),
      cell: ({ condition }) => <ShortName text={condition} />,
      minWidth: wide ? 220 : 180,
    },
    { id: "members", header: t("segments.columns.members"), cell: Count, minWidth: 110 },
    {
      id: "updated",
      header: t("segments.columns.updated"),
      cell: ({ segment }) => <Ago moment={segment.updated_at} />,
      sortingField: "updated",
      sortingComparator: (a, b) => a.segment.updated_at.localeCompare(b.segment.updated_at),
      minWidth: 146,
    },
    ...(actions === undefined
      ? []
      : [{ id: "actions", header: <span className="unseen">{t("table.actions")}</span>, cell: actions, minWidth: 50 }]),
  ];
}

function Name({ row, place: placed }: { row: Row; place: boolean }) {
  const { segment, place, environment } = row;
  return (
    <>
      <Link to={segmentPath(place, segment.key)}>
        <ShortName text={segment.name} strong />
      </Link>
      <Box variant="small" display="block">
        <span className="anything">
          <code>{segment.key}</code>
          {placed && ` · ${environment}`}
        </span>
      </Box>
    </>
  );
}
