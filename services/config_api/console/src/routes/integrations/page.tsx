import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { lazy, type ReactNode, Suspense, useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useNotify } from "../../components/notifications";
import { ProblemAlert } from "../../components/problem-alert";
import { useTitle } from "../../components/use-title";
import { useMove } from "../../services/integrations";
import { problemText } from "../../services/problems";
import type { IntegrationView } from "../../services/schema";
import { useCan } from "../../services/services";
import { ASKED, type AskedMove, useMoved } from "./moves";
import { type Action, RowActions } from "./row-actions";
import type { Row } from "./rows";
import { IntegrationsTable } from "./table";
import { useRows } from "./use-rows";
import "./integrations.css";

const DuplicateDialog = lazy(() => import("./duplicate-dialog"));
const MoveDialog = lazy(() => import("./move-dialog"));
const TypeDialog = lazy(() => import("./type-dialog"));

type Dialog =
  | { kind: "create" }
  | { kind: "duplicate"; integration: IntegrationView }
  | { kind: "move"; integration: IntegrationView; move: AskedMove };

/** Data integrations: all of them, and what can be done to each. */
export function Component() {
  const { t } = useTranslation();
  const can = useCan()("config:write");
  const { rows, isPending, error, integrations, traffic } = useRows();
  const [dialog, setDialog] = useState<Dialog>();
  const onAction = useAction(setDialog);
  const actions = useCallback(
    ({ integration }: Row) => <RowActions integration={integration} onAction={onAction} />,
    [onAction],
  );
  useTitle(t("integrations.title"));
  const create = can && (
    <Button variant="primary" iconName="add-plus" onClick={() => setDialog({ kind: "create" })}>
      {t("integrations.create")}
    </Button>
  );
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={t("integrations.description")} actions={create}>
          {t("integrations.title")}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {error !== null && (
          <ProblemAlert error={error} onRetry={() => void Promise.all([integrations.refetch(), traffic.refetch()])} />
        )}
        <IntegrationsTable
          rows={rows}
          loading={isPending}
          empty={<NoIntegrations action={create} />}
          actions={can ? actions : undefined}
        />
      </SpaceBetween>
      <Suspense>
        <Dialogs dialog={dialog} onClose={() => setDialog(undefined)} />
      </Suspense>
    </ContentLayout>
  );
}

/** Does what needs no question, and asks about the rest. */
function useAction(ask: (dialog: Dialog) => void) {
  const { t } = useTranslation();
  const notify = useNotify();
  const moved = useMoved();
  const navigate = useNavigate();
  const { mutate } = useMove();
  return useCallback(
    (integration: IntegrationView, action: Action) => {
      const asked = ASKED.find((move) => move === action);
      if (action === "edit") {
        void navigate(`/integrations/${integration.id}/edit`);
      } else if (action === "duplicate") {
        ask({ kind: "duplicate", integration });
      } else if (asked !== undefined) {
        ask({ kind: "move", integration, move: asked });
      } else {
        const onError = (error: Error) => notify("error", problemText(t, error));
        mutate({ integration, move: action }, { onSuccess: () => moved(integration, action), onError });
      }
    },
    [ask, mutate, moved, navigate, notify, t],
  );
}

function Dialogs({ dialog, onClose }: { dialog: Dialog | undefined; onClose: () => void }) {
  const navigate = useNavigate();
  switch (dialog?.kind) {
    case "create":
      return <TypeDialog onClose={onClose} onContinue={() => void navigate("/integrations/create")} />;
    case "duplicate":
      return <DuplicateDialog integration={dialog.integration} onClose={onClose} />;
    case "move":
      return <MoveDialog integration={dialog.integration} move={dialog.move} onClose={onClose} />;
    default:
      return null;
  }
}

function NoIntegrations({ action }: { action: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Box textAlign="center" padding="xxl">
      <SpaceBetween size="m">
        <Box variant="h2">{t("integrations.empty.title")}</Box>
        <Box color="text-body-secondary">{t("integrations.empty.text")}</Box>
        {action === false ? <Box color="text-body-secondary">{t("integrations.empty.viewer")}</Box> : action}
      </SpaceBetween>
    </Box>
  );
}
