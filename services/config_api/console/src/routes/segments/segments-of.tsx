import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import { lazy, type ReactNode, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { EmptyState } from "../../components/empty-state";
import { ListPage } from "../../components/list-page";
import { SearchedTable } from "../../components/searched-table";
import { useWide } from "../../components/use-wide";
import { useFormats } from "../../services/formats";
import type { EnvironmentView, SystemView } from "../../services/schema";
import { segmentPath } from "../../services/segments";
import { useCan } from "../../services/services";
import { columns } from "./columns";
import { type Row, useRows } from "./rows";

const DeleteDialog = lazy(() => import("./delete-dialog"));

/** From this width on (CSS pixels) the environment has a column of its own. */
const WIDE_PX = 1100;

interface SegmentsOfProps {
  system: SystemView;
  /** Those whose segments are shown. */
  environments: readonly EnvironmentView[];
  /** What changes system and environments. */
  filters: ReactNode;
}

/** The segments of a system. */
export function SegmentsOf({ system, environments, filters }: SegmentsOfProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const navigate = useNavigate();
  const can = useCan()("config:write");
  const wide = useWide(WIDE_PX);
  const [deleted, setDeleted] = useState<Row>();
  const { rows, pending, read } = useRows(system, environments);
  const definitions = useMemo(
    () =>
      columns(t, formats, { wide, actions: can ? (row) => <Actions row={row} onDelete={setDeleted} /> : undefined }),
    [t, formats, wide, can],
  );
  const only = environments.length === 1 ? environments[0]?.key : undefined;
  const where = new URLSearchParams({ system: system.key, ...(only === undefined ? {} : { environment: only }) });
  const create = can && (
    <Button variant="primary" iconName="add-plus" onClick={() => void navigate(`/segments/create?${where}`)}>
      {t("segments.create")}
    </Button>
  );
  return (
    <ListPage title={t("segments.title")} description={t("segments.description")} actions={create} read={read}>
      <SearchedTable
        label={t("segments.title")}
        items={rows}
        columns={definitions}
        id={({ id }) => id}
        words={({ segment: { name, key }, condition }) => `${name} ${key} ${condition}`}
        search={t("segments.search")}
        loading={pending}
        empty={
          <EmptyState
            title={t("segments.empty")}
            text={t(can ? "segments.emptyText" : "segments.emptyViewer")}
            action={create}
          />
        }
        filters={filters}
      />
      <Suspense>
        {deleted !== undefined && (
          <DeleteDialog
            place={deleted.place}
            segment={deleted.segment}
            onClose={() => setDeleted(undefined)}
            onDeleted={() => setDeleted(undefined)}
          />
        )}
      </Suspense>
    </ListPage>
  );
}

function Actions({ row, onDelete }: { row: Row; onDelete: (row: Row) => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { segment, place } = row;
  return (
    <ButtonDropdown
      variant="icon"
      expandToViewport
      ariaLabel={t("table.actionsFor", { name: segment.name })}
      items={[
        { id: "edit", text: t("actions.edit") },
        { id: "delete", text: t("actions.delete") },
      ]}
      onItemClick={({ detail }) =>
        detail.id === "delete" ? onDelete(row) : void navigate(`${segmentPath(place, segment.key)}/edit`)
      }
    />
  );
}
