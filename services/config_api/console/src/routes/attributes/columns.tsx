import Box from "@cloudscape-design/components/box";
import type { TFunction } from "i18next";
import type { ReactNode } from "react";
import { Link } from "../../components/link";
import type { Column } from "../../components/searched-table";
import { ShortName } from "../../components/short-name";
import type { Formats } from "../../services/formats";
import type { AttributeView, IntegrationView } from "../../services/schema";

/** The table's columns. `feeders` are the integrations that feed an attribute. */
export function columns(
  t: TFunction,
  formats: Formats,
  feeders: (attribute: AttributeView) => readonly IntegrationView[],
  actions: ((attribute: AttributeView) => ReactNode) | undefined,
): Column<AttributeView>[] {
  const text = (a: string, b: string) => a.localeCompare(b, formats.language, { numeric: true });
  return [
    {
      id: "name",
      header: t("names.name"),
      cell: ({ name }) => <ShortName text={name} strong />,
      sortingField: "name",
      sortingComparator: (a, b) => text(a.name, b.name),
      isRowHeader: true,
      minWidth: 140,
    },
    {
      id: "key",
      header: t("names.key"),
      cell: ({ key }) => <code className="anything">{key}</code>,
      sortingField: "key",
      sortingComparator: (a, b) => text(a.key, b.key),
      minWidth: 155,
    },
    {
      id: "type",
      header: t("attributes.type"),
      cell: ({ type }) => t(`createIntegration.types.${type}`),
      sortingField: "type",
      sortingComparator: (a, b) => text(a.type, b.type),
      minWidth: 100,
    },
    {
      id: "fedBy",
      header: t("attributes.fedBy"),
      cell: (attribute) => <Feeders integrations={feeders(attribute)} none={t("attributes.nobody")} />,
      sortingField: "fedBy",
      sortingComparator: (a, b) => feeders(a).length - feeders(b).length,
      minWidth: 150,
    },
    ...(actions === undefined
      ? []
      : [{ id: "actions", header: <span className="unseen">{t("table.actions")}</span>, cell: actions, minWidth: 50 }]),
  ];
}

function Feeders({ integrations, none }: { integrations: readonly IntegrationView[]; none: string }) {
  if (integrations.length === 0) {
    return <Box color="text-body-secondary">{none}</Box>;
  }
  return integrations.map(({ id, name }) => (
    <div key={id} className="anything">
      <Link to={`/integrations/${id}`}>
        <ShortName text={name} />
      </Link>
    </div>
  ));
}
