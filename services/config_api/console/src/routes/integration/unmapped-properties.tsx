import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ProblemAlert } from "../../components/problem-alert";
import { INTEGRATIONS } from "../../services/integrations";
import { ProblemError } from "../../services/problems";
import type { IntegrationView } from "../../services/schema";
import { useCan } from "../../services/services";
import { useUnmappedColumns } from "./unmapped-columns";
import { useMapProperty, useUnmapped } from "./use-unmapped";

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
        columnDefinitions={useUnmappedColumns(can ? map : undefined)}
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
