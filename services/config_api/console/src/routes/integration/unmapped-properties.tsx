import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Ago } from "../../components/ago";
import { Choice } from "../../components/definition/choice";
import { useNotify } from "../../components/notifications";
import { ProblemAlert } from "../../components/problem-alert";
import { useWide } from "../../components/use-wide";
import { TYPES } from "../../services/definition";
import { useFormats } from "../../services/formats";
import { INTEGRATIONS, keepDraft } from "../../services/integrations";
import { ProblemError } from "../../services/problems";
import type { AttributeType, IntegrationView, Proposal } from "../../services/schema";
import { useApi, useCan } from "../../services/services";
import { attributesQuery } from "../../services/systems";
import {
  guessesQuery,
  likelyType,
  recentReceiptsQuery,
  summedUnmapped,
  type Unmapped,
  withProperty,
} from "../../services/unmapped";

/** From this width on (CSS pixels) there is room for a column of its own for when a property was seen first. */
const WIDE_PX = 900;

/** A property with what can be told of its type. */
interface Row extends Unmapped {
  type: AttributeType | undefined;
  /** Where the type comes from. */
  origin: "kept" | "guessed" | "noSample";
  guess: Proposal | undefined;
}

/** What is sent and not mapped, and a button to map it. */
export function UnmappedProperties({ view }: { view: IntegrationView }) {
  const { t } = useTranslation();
  const can = useCan()("config:write") && view.state !== "deleted";
  const { rows, isPending, error, refetch } = useUnmapped(view);
  const map = useMapProperty(view);
  return (
    <SpaceBetween size="m">
      {error !== null && <ProblemAlert error={error} onRetry={() => void refetch()} />}
      {map.error !== null && <MapProblem view={view} error={map.error} onReloaded={map.reset} />}
      <Table
        header={
          <Header variant="h2" description={t("integration.unmapped.text")} counter={`(${rows.length})`}>
            {t("integration.unmapped.title")}
          </Header>
        }
        ariaLabels={{ tableLabel: t("integration.unmapped.title") }}
        items={rows}
        trackBy="property"
        columnDefinitions={useColumns(can ? map : undefined)}
        loading={isPending}
        loadingText={t("shell.loading")}
        empty={
          <Box color="text-body-secondary" textAlign="center">
            {t("integration.unmapped.empty")}
          </Box>
        }
        wrapLines
      />
    </SpaceBetween>
  );
}

/** Somebody else may have changed the integration meanwhile: then the new state is read. */
function MapProblem({ view, error, onReloaded }: { view: IntegrationView; error: Error; onReloaded: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const outdated = error instanceof ProblemError && error.code === "version_conflict";
  const reload = () => {
    onReloaded();
    void queries.invalidateQueries({ queryKey: [...INTEGRATIONS, view.id] });
  };
  return (
    <ProblemAlert error={error} {...(outdated ? { onRetry: reload, retryText: t("editIntegration.reload") } : {})} />
  );
}

function useUnmapped(view: IntegrationView) {
  const api = useApi();
  const { data: receipts, isPending, error, refetch } = useQuery(recentReceiptsQuery(api, view.id));
  const { data: guesses = [] } = useQuery(guessesQuery(api, view, receipts ?? []));
  const { data: attributes = [] } = useQuery(attributesQuery(api, view.system));
  const rows = summedUnmapped(receipts ?? [], view).map((each): Row => {
    const guess = guesses.find(({ property }) => property === each.property);
    const type = likelyType(each.property, attributes, guess);
    const origin = type === undefined ? "noSample" : type === guess?.type ? "guessed" : "kept";
    return { ...each, type, origin, guess };
  });
  return { rows, isPending, error, refetch };
}

type MapProperty = ReturnType<typeof useMapProperty>;

/** Adds a property to the mapping, at the version that is shown. */
function useMapProperty(view: IntegrationView) {
  const { t } = useTranslation();
  const api = useApi();
  const queries = useQueryClient();
  const notify = useNotify();
  return useMutation({
    mutationFn: ({ property, guess, type }: { property: string; guess: Proposal | undefined; type: AttributeType }) =>
      keepDraft(api, withProperty(view, property, type, guess), view),
    onSuccess: async (_, { property }) => {
      await queries.invalidateQueries({ queryKey: INTEGRATIONS });
      notify("success", t("integration.unmapped.mapped", { property }));
    },
  });
}

function useColumns(map: MapProperty | undefined): TableProps.ColumnDefinition<Row>[] {
  const { t } = useTranslation();
  const formats = useFormats();
  const [chosen, setChosen] = useState<Readonly<Record<string, AttributeType>>>({});
  const wide = useWide(WIDE_PX);
  const first = {
    id: "first",
    header: t("integration.unmapped.first"),
    cell: (row: Row) => <Ago moment={row.first} />,
    minWidth: 110,
  };
  const typeOf = ({ property, type }: Row) => chosen[property] ?? type ?? "String";
  return [
    {
      id: "property",
      header: t("integration.unmapped.property"),
      cell: ({ property }) => <span className="anything">{property}</span>,
      isRowHeader: true,
      minWidth: 110,
    },
    {
      id: "count",
      header: t("integration.unmapped.count"),
      cell: ({ count }) => <span className="numbers">{formats.number(count)}</span>,
      minWidth: 80,
    },
    ...(wide ? [first] : []),
    {
      id: "last",
      header: t("integration.unmapped.last"),
      cell: (row) => (
        <>
          <Ago moment={row.last} />
          {!wide && (
            <Box variant="small" display="block">
              {t("integration.unmapped.first")} <Ago moment={row.first} />
            </Box>
          )}
        </>
      ),
      minWidth: 110,
    },
    {
      id: "type",
      header: t("integration.unmapped.type"),
      cell: (row) => (
        <>
          {map === undefined ? (
            row.type !== undefined && t(`createIntegration.types.${row.type}`)
          ) : (
            <Choice
              choices={TYPES}
              label={t("integration.unmapped.typeOf", { property: row.property })}
              text={(type) => t(`createIntegration.types.${type}`)}
              value={typeOf(row)}
              onChange={(type) => setChosen((before) => ({ ...before, [row.property]: type }))}
            />
          )}
          <Box variant="small" display="block">
            {t(`integration.unmapped.${row.origin}`)}
          </Box>
        </>
      ),
      minWidth: 150,
    },
    ...(map === undefined
      ? []
      : [
          {
            id: "map",
            header: <span className="unseen">{t("integrations.columns.actions")}</span>,
            cell: (row: Row) => (
              <Button
                wrapText={false}
                ariaLabel={t("integration.unmapped.mapOne", { property: row.property })}
                loading={map.isPending && map.variables.property === row.property}
                disabled={map.isPending && map.variables.property !== row.property}
                onClick={() => map.mutate({ property: row.property, guess: row.guess, type: typeOf(row) })}
              >
                {t("integration.unmapped.map")}
              </Button>
            ),
            minWidth: 100,
          },
        ]),
  ];
}
