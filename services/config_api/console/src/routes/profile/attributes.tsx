import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "../../components/link";
import { useFormats } from "../../services/formats";
import { integrationsQuery } from "../../services/integrations";
import { isInPath, type Person } from "../../services/profiles";
import type { ProfileAttribute, ProfileView } from "../../services/schema";
import { useApi } from "../../services/services";
import { ExplainDialog } from "./explain-dialog";

interface Row extends ProfileAttribute {
  key: string;
}

/** The attributes of a profile. */
export function Attributes({ person, profile }: { person: Person; profile: ProfileView }) {
  const { t } = useTranslation();
  const [explained, setExplained] = useState<Row>();
  const { language } = useFormats();
  const names = useIntegrationNames();
  const rows = Object.entries(profile.attributes)
    .map(([key, attribute]): Row => ({ key, ...attribute }))
    .sort((a, b) => a.name.localeCompare(b.name, language, { numeric: true }));
  return (
    <>
      <Table
        header={
          <Header variant="h2" counter={`(${rows.length})`} description={t("profile.attributesText")}>
            {t("profile.attributes")}
          </Header>
        }
        ariaLabels={{ tableLabel: t("profile.attributes") }}
        items={rows}
        trackBy="key"
        columnDefinitions={useColumns(names, isInPath(person.userId) ? setExplained : undefined)}
        empty={
          <Box color="text-body-secondary" textAlign="center">
            {t("profile.none")}
          </Box>
        }
        wrapLines
      />
      {explained !== undefined && (
        <ExplainDialog
          person={person}
          attribute={explained.key}
          name={explained.name}
          integrations={names}
          onClose={() => setExplained(undefined)}
        />
      )}
    </>
  );
}

/** The names of integrations by id; those of deleted ones among them. */
function useIntegrationNames(): ReadonlyMap<number, string> {
  const { data } = useQuery(integrationsQuery(useApi()));
  return useMemo(() => new Map(data?.map(({ id, name }) => [id, name])), [data]);
}

function useColumns(
  names: ReadonlyMap<number, string>,
  explain: ((row: Row) => void) | undefined,
): TableProps.ColumnDefinition<Row>[] {
  const { t } = useTranslation();
  const formats = useFormats();
  const explaining: TableProps.ColumnDefinition<Row> = {
    id: "actions",
    header: <span className="unseen">{t("profile.columns.actions")}</span>,
    cell: (row) => (
      <Button wrapText={false} ariaLabel={t("profile.explainOne", { name: row.name })} onClick={() => explain?.(row)}>
        {t("profile.explain")}
      </Button>
    ),
    minWidth: 100,
  };
  return [
    {
      id: "attribute",
      header: t("profile.columns.attribute"),
      cell: ({ name, type }) => (
        <>
          <div className="anything">{name}</div>
          <Box variant="small">{t(`createIntegration.types.${type}`)}</Box>
        </>
      ),
      isRowHeader: true,
      minWidth: 120,
    },
    { id: "value", header: t("profile.columns.value"), cell: Value, minWidth: 130 },
    {
      id: "origin",
      header: t("profile.columns.origin"),
      cell: ({ integration, receipt, index }) => (
        <>
          <div>
            <Link to={`/integrations/${integration}`}>
              <span className="anything">{names.get(integration) ?? integration}</span>
            </Link>
          </div>
          <Link to={`/receipts/${receipt}`}>{t("profile.record", { number: formats.number(index + 1) })}</Link>
        </>
      ),
      minWidth: 148,
    },
    {
      id: "times",
      header: t("profile.columns.times"),
      cell: ({ observed_at, received_at, written_at }) => (
        <>
          <div>{formats.dateTime(observed_at)}</div>
          <Box variant="small" display="block">
            {t("profile.received", { time: formats.dateTime(received_at) })}
          </Box>
          <Box variant="small" display="block">
            {t("profile.written", { time: formats.dateTime(written_at) })}
          </Box>
        </>
      ),
      minWidth: 140,
    },
    ...(explain === undefined ? [] : [explaining]),
  ];
}

/** The value as text: a number may have more digits than JavaScript's do. */
function Value({ text }: Row) {
  const { t } = useTranslation();
  return text === "" ? (
    <Box color="text-body-secondary">{t("profile.empty")}</Box>
  ) : (
    <span className="anything">{text}</span>
  );
}
