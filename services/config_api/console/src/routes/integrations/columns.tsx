import Box from "@cloudscape-design/components/box";
import type { TableProps } from "@cloudscape-design/components/table";
import type { TFunction } from "i18next";
import type { ReactNode } from "react";
import { IntegrationStateIndicator } from "../../components/integration-state";
import { Link } from "../../components/link";
import type { Formats } from "../../services/formats";
import { LastReceived } from "./last-received";
import type { Row } from "./rows";
import { TrafficChart } from "./traffic-chart";

type Column = TableProps.ColumnDefinition<Row>;

interface Shown {
  /** Whether there is room for the chart, and for the system in a column of its own. */
  wide: boolean;
  /** What stands in the last column, where the user may act. */
  actions: ((row: Row) => ReactNode) | undefined;
}

/** The table's columns. */
export function columns(t: TFunction, formats: Formats, { wide, actions }: Shown): Column[] {
  const text = (a: string, b: string) => a.localeCompare(b, formats.language, { numeric: true });
  const system: Column = {
    id: "system",
    header: t("integrations.columns.system"),
    cell: Place,
    sortingField: "system",
    sortingComparator: (a, b) => text(a.system, b.system) || text(a.environment, b.environment),
    minWidth: 158,
  };
  const chart = { id: "chart", header: t("integrations.columns.chart"), cell: Chart, minWidth: 120 };
  return [
    {
      id: "name",
      header: t("integrations.columns.name"),
      cell: (row) => <Name {...row} t={t} place={!wide} />,
      sortingField: "name",
      sortingComparator: (a, b) => text(a.integration.name, b.integration.name),
      isRowHeader: true,
      minWidth: wide ? 150 : 140,
    },
    ...(wide ? [system] : []),
    {
      id: "state",
      header: t("integrations.columns.state"),
      cell: ({ integration }) => <IntegrationStateIndicator state={integration.state} />,
      sortingField: "state",
      sortingComparator: (a, b) =>
        text(t(`integrations.states.${a.integration.state}`), t(`integrations.states.${b.integration.state}`)),
      minWidth: 135,
    },
    {
      id: "lastReceived",
      header: t("integrations.columns.lastReceived"),
      cell: ({ integration }) => <LastReceived integration={integration.id} />,
      sortingField: "lastReceived",
      // By the hour: when within it something came is known of those rows alone that are on the screen.
      sortingComparator: (a, b) => (a.traffic?.lastHour ?? "").localeCompare(b.traffic?.lastHour ?? ""),
      minWidth: 146,
    },
    {
      id: "records",
      header: t("integrations.columns.records"),
      cell: ({ traffic }) => (
        <Records records={traffic?.records ?? 0} rejects={traffic?.rejects ?? 0} {...{ t, formats }} />
      ),
      sortingField: "records",
      sortingComparator: (a, b) => (a.traffic?.records ?? 0) - (b.traffic?.records ?? 0),
      minWidth: 120,
    },
    ...(wide ? [chart] : []),
    ...(actions === undefined
      ? []
      : [
          {
            id: "actions",
            header: <span className="unseen">{t("integrations.columns.actions")}</span>,
            cell: actions,
            minWidth: 60,
          },
        ]),
  ];
}

function Name({ integration, system, environment, t, place }: Row & { t: TFunction; place: boolean }) {
  const properties = t("integrations.properties", { count: integration.mappings.length });
  return (
    <>
      <Link to={`/integrations/${integration.id}`}>
        <span className="integration-name anything" title={integration.name}>
          {integration.name}
        </span>
      </Link>
      <Box variant="small">
        <span className="anything">{place ? `${system} · ${environment} · ${properties}` : properties}</span>
      </Box>
    </>
  );
}

function Place({ system, environment }: Row) {
  return (
    <>
      <div className="anything">{system}</div>
      <Box variant="small">
        <span className="anything">{environment}</span>
      </Box>
    </>
  );
}

function Records({
  records,
  rejects,
  t,
  formats,
}: {
  records: number;
  rejects: number;
  t: TFunction;
  formats: Formats;
}) {
  return (
    <div className="numbers whole">
      {formats.number(records)}
      {rejects > 0 && (
        <Box fontSize="body-s" color="text-status-error">
          {t("integrations.rejects", { count: rejects, number: formats.number(rejects) })}
        </Box>
      )}
    </div>
  );
}

function Chart({ traffic }: Row) {
  return traffic === undefined ? null : <TrafficChart hours={traffic.hours} />;
}
