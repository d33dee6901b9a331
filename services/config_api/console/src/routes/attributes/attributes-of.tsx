import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "../../components/empty-state";
import { ListPage } from "../../components/list-page";
import { SearchedTable } from "../../components/searched-table";
import { useFormats } from "../../services/formats";
import { integrationsQuery } from "../../services/integrations";
import type { AttributeView, IntegrationView, SystemView } from "../../services/schema";
import { useApi, useCan } from "../../services/services";
import { attributesQuery } from "../../services/systems";
import { columns } from "./columns";

const AttributeDialog = lazy(() => import("./attribute-dialog"));
const DeleteDialog = lazy(() => import("./delete-dialog"));

type Dialog = { kind: "create" } | { kind: "rename" | "delete"; attribute: AttributeView };

interface AttributesOfProps {
  system: SystemView;
  /** Changes the system. */
  select: ReactNode;
}

/** The attributes of a system, and which integrations feed each. */
export function AttributesOf({ system, select }: AttributesOfProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const api = useApi();
  const can = useCan()("config:write");
  const [dialog, setDialog] = useState<Dialog>();
  const read = useQuery(attributesQuery(api, system.key));
  const { data: integrations } = useQuery(integrationsQuery(api));
  const feeding = useMemo(
    () => feedersOf(system.key, byName(integrations ?? [], formats.language)),
    [system.key, integrations, formats],
  );
  const definitions = useMemo(
    () =>
      columns(
        t,
        formats,
        ({ key }) => feeding.get(key) ?? [],
        can ? (attribute) => <Actions {...{ attribute, onAction: setDialog }} /> : undefined,
      ),
    [t, formats, feeding, can],
  );
  const create = can && (
    <Button variant="primary" iconName="add-plus" onClick={() => setDialog({ kind: "create" })}>
      {t("attributes.create")}
    </Button>
  );
  return (
    <ListPage title={t("attributes.title")} description={t("attributes.description")} actions={create} read={read}>
      <SearchedTable
        label={t("attributes.title")}
        items={read.data ?? []}
        columns={definitions}
        id={({ key }) => key}
        words={({ name, key }) => `${name} ${key}`}
        search={t("attributes.search")}
        loading={read.isPending}
        empty={<EmptyState title={t("attributes.empty")} text={t("attributes.emptyText")} action={create} />}
        filters={select}
      />
      <Suspense>
        {dialog?.kind === "delete" && (
          <DeleteDialog system={system.key} attribute={dialog.attribute} onClose={() => setDialog(undefined)} />
        )}
        {(dialog?.kind === "create" || dialog?.kind === "rename") && (
          <AttributeDialog
            system={system}
            before={dialog.kind === "rename" ? dialog.attribute : undefined}
            onClose={() => setDialog(undefined)}
          />
        )}
      </Suspense>
    </ListPage>
  );
}

function byName(integrations: readonly IntegrationView[], language: string): IntegrationView[] {
  return [...integrations].sort((one, other) => one.name.localeCompare(other.name, language, { numeric: true }));
}

/** The integrations of a system that feed each attribute, by its key. */
function feedersOf(system: string, integrations: readonly IntegrationView[]): ReadonlyMap<string, IntegrationView[]> {
  const found = new Map<string, IntegrationView[]>();
  for (const integration of integrations) {
    if (integration.system === system && integration.state !== "deleted") {
      for (const attribute of new Set(integration.mappings.map((mapping) => mapping.attribute))) {
        found.set(attribute, [...(found.get(attribute) ?? []), integration]);
      }
    }
  }
  return found;
}

function Actions({ attribute, onAction }: { attribute: AttributeView; onAction: (dialog: Dialog) => void }) {
  const { t } = useTranslation();
  return (
    <ButtonDropdown
      variant="icon"
      expandToViewport
      ariaLabel={t("table.actionsFor", { name: attribute.name })}
      items={[
        { id: "rename", text: t("attributes.rename") },
        { id: "delete", text: t("actions.delete") },
      ]}
      onItemClick={({ detail }) => onAction({ kind: detail.id === "delete" ? "delete" : "rename", attribute })}
    />
  );
}
