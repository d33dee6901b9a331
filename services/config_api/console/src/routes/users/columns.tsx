import Box from "@cloudscape-design/components/box";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { TFunction } from "i18next";
import type { ReactNode } from "react";
import type { Column } from "../../components/searched-table";
import { ShortName } from "../../components/short-name";
import { SystemNames } from "../../components/system-names";
import type { Formats } from "../../services/formats";
import type { UserView } from "../../services/schema";

interface Shown {
  /** Whether there is room for when a user was changed. */
  wide: boolean;
  /** The id of who looks at it. */
  own: number;
  actions: (user: UserView) => ReactNode;
}

/** The table's columns. */
export function columns(t: TFunction, formats: Formats, { wide, own, actions }: Shown): Column<UserView>[] {
  const text = (a: string, b: string) => a.localeCompare(b, formats.language, { numeric: true });
  const role = (user: UserView) => t(`session.roles.${user.role}`);
  const changed: Column<UserView> = {
    id: "changed",
    header: t("users.columns.changed"),
    cell: ({ updated_at: moment }) => (
      <time dateTime={moment} title={formats.dateTime(moment)}>
        {formats.date(moment)}
      </time>
    ),
    sortingField: "changed",
    sortingComparator: (a, b) => a.updated_at.localeCompare(b.updated_at),
    minWidth: 110,
  };
  return [
    {
      id: "name",
      header: t("users.columns.name"),
      cell: ({ id, name }) => (
        <>
          <ShortName text={name} strong />
          {id === own && (
            <Box variant="small" display="block">
              {t("users.yourself")}
            </Box>
          )}
        </>
      ),
      sortingField: "name",
      sortingComparator: (a, b) => text(a.name, b.name),
      isRowHeader: true,
      minWidth: 140,
    },
    {
      id: "role",
      header: t("users.columns.role"),
      cell: role,
      sortingField: "role",
      sortingComparator: (a, b) => text(role(a), role(b)),
      minWidth: 110,
    },
    {
      id: "systems",
      header: t("rights.systems"),
      cell: ({ systems }) => <SystemNames {...{ systems }} />,
      minWidth: 165,
    },
    {
      id: "state",
      header: t("users.columns.state"),
      cell: ({ disabled }) => (
        <span className="whole">
          <StatusIndicator type={disabled ? "stopped" : "success"}>
            {disabled ? t("users.disabled") : t("users.active")}
          </StatusIndicator>
        </span>
      ),
      sortingField: "state",
      sortingComparator: (a, b) => Number(a.disabled) - Number(b.disabled),
      minWidth: 110,
    },
    ...(wide ? [changed] : []),
    { id: "actions", header: <span className="unseen">{t("table.actions")}</span>, cell: actions, minWidth: 50 },
  ];
}
