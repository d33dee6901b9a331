import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "../../components/link";
import { ProblemAlert } from "../../components/problem-alert";
import { ShortName } from "../../components/short-name";
import type { EnvironmentView, SystemView } from "../../services/schema";
import { useApi } from "../../services/services";
import { environmentsQuery } from "../../services/systems";
import type { Dialog } from "./page";

interface SystemCardProps {
  system: SystemView;
  onDialog: ((dialog: Dialog) => void) | undefined;
}

/** A system, and a table of its environments. */
export function SystemCard({ system, onDialog }: SystemCardProps) {
  const { t } = useTranslation();
  const read = useQuery(environmentsQuery(useApi(), system.key));
  if (read.error !== null) {
    return <ProblemAlert error={read.error} onRetry={() => void read.refetch()} />;
  }
  const edit = (before: EnvironmentView) => () => onDialog?.({ kind: "environment", system, before });
  return (
    <Table
      header={<SystemHeader {...{ system, onDialog }} />}
      ariaLabels={{ tableLabel: t("systems.environmentsOf", { name: system.name }) }}
      items={read.data ?? []}
      loading={read.isPending}
      loadingText={t("shell.loading")}
      empty={<Box color="text-body-secondary">{t("systems.noEnvironment")}</Box>}
      trackBy="key"
      wrapLines
      columnDefinitions={[
        {
          id: "name",
          header: t("systems.environment"),
          cell: ({ name }) => <ShortName text={name} />,
          isRowHeader: true,
          width: "36%",
        },
        { id: "key", header: t("names.key"), cell: ({ key }) => <code className="anything">{key}</code>, width: "28%" },
        { id: "history", header: t("systems.history"), cell: History, width: "28%" },
        ...(onDialog === undefined
          ? []
          : [
              {
                id: "actions",
                header: <span className="unseen">{t("table.actions")}</span>,
                cell: (environment: EnvironmentView) => (
                  <Button
                    variant="inline-icon"
                    iconName="edit"
                    ariaLabel={t("systems.editEnvironment", { name: environment.name })}
                    onClick={edit(environment)}
                  />
                ),
                minWidth: 50,
              },
            ]),
      ]}
    />
  );
}

function SystemHeader({ system, onDialog }: SystemCardProps) {
  const { t } = useTranslation();
  return (
    <Header
      variant="h2"
      description={
        <>
          <code className="anything">{system.key}</code> ·{" "}
          <Link to={`/attributes?system=${system.key}`}>{t("systems.attributes")}</Link>
        </>
      }
      actions={
        onDialog !== undefined && (
          <SpaceBetween direction="horizontal" size="xs">
            <Button
              ariaLabel={t("systems.renameOf", { name: system.name })}
              onClick={() => onDialog({ kind: "system", before: system })}
            >
              {t("systems.rename")}
            </Button>
            <Button
              iconName="add-plus"
              ariaLabel={t("systems.addEnvironmentTo", { name: system.name })}
              onClick={() => onDialog({ kind: "environment", system, before: undefined })}
            >
              {t("systems.addEnvironment")}
            </Button>
          </SpaceBetween>
        )
      }
    >
      <ShortName text={system.name} />
    </Header>
  );
}

function History({ history }: EnvironmentView) {
  const { t } = useTranslation();
  return history ? (
    <StatusIndicator type="success">{t("systems.historyOn")}</StatusIndicator>
  ) : (
    <Box color="text-body-secondary">{t("systems.historyOff")}</Box>
  );
}
