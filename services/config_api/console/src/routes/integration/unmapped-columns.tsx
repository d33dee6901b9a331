import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import type { TableProps } from "@cloudscape-design/components/table";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Ago } from "../../components/ago";
import { Choice } from "../../components/definition/choice";
import { useWide } from "../../components/use-wide";
import { TYPES } from "../../services/definition";
import { useFormats } from "../../services/formats";
import type { AttributeType } from "../../services/schema";
import type { MapProperty, Row } from "./use-unmapped";

type Column = TableProps.ColumnDefinition<Row>;

/** From this width on (CSS pixels) there is room for a column of its own for when a property was seen first. */
const WIDE_PX = 900;

/** The columns of the properties that are not mapped; without `map` nobody is offered to map them. */
export function useUnmappedColumns(map: MapProperty | undefined): Column[] {
  const { t } = useTranslation();
  const formats = useFormats();
  const wide = useWide(WIDE_PX);
  const mapping = useMappingColumns(map);
  const property: Column = {
    id: "property",
    header: t("integration.unmapped.property"),
    cell: (row) => <span className="anything">{row.property}</span>,
    isRowHeader: true,
    minWidth: 110,
  };
  const count: Column = {
    id: "count",
    header: t("integration.unmapped.count"),
    cell: (row) => <span className="numbers">{formats.number(row.count)}</span>,
    minWidth: 80,
  };
  const first: Column = {
    id: "first",
    header: t("integration.unmapped.first"),
    cell: (row) => <Ago moment={row.first} />,
    minWidth: 110,
  };
  const last: Column = {
    id: "last",
    header: t("integration.unmapped.last"),
    cell: (row) => <Seen row={row} wide={wide} />,
    minWidth: 110,
  };
  return [property, count, ...(wide ? [first] : []), last, ...mapping];
}

function Seen({ row, wide }: { row: Row; wide: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      <Ago moment={row.last} />
      {!wide && (
        <Box variant="small" display="block">
          {t("integration.unmapped.first")} <Ago moment={row.first} />
        </Box>
      )}
    </>
  );
}

/** The type of each property, which may be chosen where it may be mapped, and the button that does so. */
function useMappingColumns(map: MapProperty | undefined): Column[] {
  const { t } = useTranslation();
  // A Map: of an object, a property called "constructor" would be what every object has.
  const [chosen, setChosen] = useState<ReadonlyMap<string, AttributeType>>(new Map());
  const typeOf = ({ property, type }: Row) => chosen.get(property) ?? type ?? "String";
  const choose = ({ property }: Row, type: AttributeType) =>
    setChosen((before) => new Map([...before, [property, type]]));
  const type: Column = {
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
            text={(each) => t(`createIntegration.types.${each}`)}
            value={typeOf(row)}
            onChange={(each) => choose(row, each)}
          />
        )}
        <Box variant="small" display="block">
          {t(`integration.unmapped.${row.origin}`)}
        </Box>
      </>
    ),
    minWidth: 150,
  };
  if (map === undefined) {
    return [type];
  }
  const button: Column = {
    id: "map",
    header: <span className="unseen">{t("integrations.columns.actions")}</span>,
    cell: (row) => <MapButton row={row} type={typeOf(row)} map={map} />,
    minWidth: 100,
  };
  return [type, button];
}

function MapButton({ row, type, map }: { row: Row; type: AttributeType; map: MapProperty }) {
  const { t } = useTranslation();
  const { property, guess } = row;
  const mapped = map.isPending ? map.variables.property : undefined;
  return (
    <Button
      wrapText={false}
      ariaLabel={t("integration.unmapped.mapOne", { property })}
      loading={mapped === property}
      disabled={mapped !== undefined && mapped !== property}
      onClick={() => map.mutate({ property, guess, type })}
    >
      {t("integration.unmapped.map")}
    </Button>
  );
}
