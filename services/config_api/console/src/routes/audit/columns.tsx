import Box from "@cloudscape-design/components/box";
import type { TableProps } from "@cloudscape-design/components/table";
import type { TFunction } from "i18next";
import { Link } from "../../components/link";
import { ShortName } from "../../components/short-name";
import type { Formats } from "../../services/formats";
import type { Entry } from "../../services/schema";
import { Changes } from "./changes";
import { actionText, kindText } from "./words";

type NameOf = (entry: Entry) => string;

/** The table's columns. `nameOf` is what the object of a change is called. */
export function columns(t: TFunction, formats: Formats, nameOf: NameOf): TableProps.ColumnDefinition<Entry>[] {
  return [
    {
      id: "when",
      header: t("audit.columns.when"),
      cell: ({ at }) => (
        <time dateTime={at} className="numbers">
          {formats.dateTime(at)}
        </time>
      ),
      minWidth: 110,
      width: "22%",
    },
    {
      id: "who",
      header: t("audit.columns.who"),
      cell: (entry) => <Who {...entry} t={t} />,
      minWidth: 110,
      width: "13.5%",
    },
    {
      id: "what",
      header: t("audit.columns.what"),
      cell: (entry) => <What {...{ entry, t, nameOf }} />,
      isRowHeader: true,
      minWidth: 150,
      width: "26%",
    },
    {
      id: "changes",
      header: t("audit.columns.changes"),
      cell: (entry) => <Changes entry={entry} />,
      minWidth: 220,
      width: "38.5%",
    },
  ];
}

/** The object's own id or key, with the system where it does not say that. */
function placeText({ system, object }: Entry): string {
  return system === null || object.split("/")[0] === system ? object : `${system} · ${object}`;
}

/** Who may do something, by what stands before the id. */
const KINDS = ["user", "token", "service"] as const;

function Who({ actor, t }: Entry & { t: TFunction }) {
  const kind = KINDS.find((each) => actor.id.startsWith(`${each}:`));
  return (
    <>
      <ShortName text={actor.name === actor.id ? actor.id.replace(/^[a-z]+:/, "") : actor.name} />
      {kind !== undefined && (
        <Box variant="small" display="block">
          {t(`audit.actors.${kind}`)}
        </Box>
      )}
    </>
  );
}

function What({ entry, t, nameOf }: { entry: Entry; t: TFunction; nameOf: NameOf }) {
  const name = nameOf(entry);
  return (
    <>
      {kindText(t, entry.kind)} · {actionText(t, entry.action)}
      <div className="anything">
        <Link to={`/audit?${new URLSearchParams({ kind: entry.kind, object: entry.object })}`}>
          <ShortName text={name} />
        </Link>
      </div>
      {name !== entry.object && (
        <Box variant="small" display="block">
          <span className="anything">{placeText(entry)}</span>
        </Box>
      )}
    </>
  );
}
