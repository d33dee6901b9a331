import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Ago } from "../../components/ago";
import { ConfirmDialog } from "../../components/confirm-dialog";
import { EmptyState } from "../../components/empty-state";
import { useNotify } from "../../components/notifications";
import { ProblemAlert } from "../../components/problem-alert";
import { SecretDialog } from "../../components/secret-dialog";
import { type Formats, useFormats } from "../../services/formats";
import { integrationTokensQuery, useRevoke } from "../../services/integration-tokens";
import type { IntegrationView, SecretView } from "../../services/schema";
import { useApi, useCan } from "../../services/services";
import { RotateDialog } from "./rotate-dialog";

type Dialog = { kind: "rotate" } | { kind: "issued"; token: string } | { kind: "revoke"; secret: SecretView };

/** The tokens of an integration: when each was used last, how it is rotated, and how it is revoked. */
export function Tokens({ view }: { view: IntegrationView }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const can = useCan()("config:write") && view.state !== "deleted";
  const { data = [], isPending, error, refetch } = useQuery(integrationTokensQuery(useApi(), view.id));
  const [dialog, setDialog] = useState<Dialog>();
  const live = data.length > 0;
  const definitions = columns(t, formats, can ? (secret) => setDialog({ kind: "revoke", secret }) : undefined);
  return (
    <SpaceBetween size="m">
      {error !== null && <ProblemAlert error={error} onRetry={() => void refetch()} />}
      <Table
        header={
          <Header
            variant="h2"
            description={t("integration.tokens.text")}
            actions={
              can && (
                <Button disabled={isPending} onClick={() => setDialog({ kind: "rotate" })}>
                  {t(live ? "integration.tokens.rotate" : "integration.tokens.issue")}
                </Button>
              )
            }
          >
            {t("integration.tokens.title")}
          </Header>
        }
        ariaLabels={{ tableLabel: t("integration.tokens.title") }}
        items={data}
        trackBy={({ id }) => String(id)}
        columnDefinitions={definitions}
        loading={isPending}
        loadingText={t("shell.loading")}
        empty={<EmptyState title={t("integration.tokens.empty")} text={t("integration.tokens.emptyText")} />}
        wrapLines
      />
      <Dialogs view={view} live={live} dialog={dialog} onDialog={setDialog} />
    </SpaceBetween>
  );
}

interface DialogsProps {
  view: IntegrationView;
  live: boolean;
  dialog: Dialog | undefined;
  onDialog: (dialog: Dialog | undefined) => void;
}

function Dialogs({ view, live, dialog, onDialog }: DialogsProps) {
  const { t } = useTranslation();
  const close = () => onDialog(undefined);
  switch (dialog?.kind) {
    case "rotate":
      return (
        <RotateDialog
          integration={view.id}
          live={live}
          onClose={close}
          onIssued={(token) => onDialog({ kind: "issued", token })}
        />
      );
    case "issued":
      return (
        <SecretDialog
          title={t("integration.tokens.issued")}
          text={t("integration.tokens.issuedText", { name: view.name })}
          secret={dialog.token}
          onClose={close}
        />
      );
    case "revoke":
      return <RevokeDialog integration={view.id} secret={dialog.secret} onClose={close} />;
    default:
      return null;
  }
}

interface RevokeDialogProps {
  integration: number;
  secret: SecretView;
  onClose: () => void;
}

function RevokeDialog({ integration, secret: { id, hint }, onClose }: RevokeDialogProps) {
  const { t } = useTranslation();
  const notify = useNotify();
  const { mutate, isPending, error } = useRevoke(integration);
  const revoke = () =>
    mutate(id, {
      onSuccess: () => {
        onClose();
        notify("success", t("integration.tokens.revoked", { hint }));
      },
    });
  return (
    <ConfirmDialog
      title={t("integration.tokens.revokeTitle", { hint })}
      action={t("integration.tokens.revoke")}
      busy={isPending}
      error={error}
      onClose={onClose}
      onConfirm={revoke}
    >
      <Box>{t("integration.tokens.revokeText")}</Box>
    </ConfirmDialog>
  );
}

function columns(
  t: TFunction,
  formats: Formats,
  revoke: ((secret: SecretView) => void) | undefined,
): TableProps.ColumnDefinition<SecretView>[] {
  const revoking: TableProps.ColumnDefinition<SecretView> = {
    id: "actions",
    header: <span className="unseen">{t("integration.tokens.actions")}</span>,
    cell: (secret) => (
      <Button
        wrapText={false}
        ariaLabel={t("integration.tokens.revokeOne", { hint: secret.hint })}
        onClick={() => revoke?.(secret)}
      >
        {t("integration.tokens.revoke")}
      </Button>
    ),
  };
  return [
    {
      id: "token",
      header: t("integration.tokens.token"),
      cell: ({ hint }) => <code className="whole">{`…${hint}`}</code>,
      isRowHeader: true,
    },
    {
      id: "created",
      header: t("integration.tokens.created"),
      cell: ({ created_at }) => formats.dateTime(created_at),
    },
    {
      id: "lastUsed",
      header: t("integration.tokens.lastUsed"),
      cell: ({ last_used_at }) =>
        last_used_at === null ? t("integration.tokens.unused") : <Ago moment={last_used_at} />,
    },
    {
      id: "expires",
      header: t("integration.tokens.expires"),
      cell: ({ expires_at }) => (expires_at === null ? t("integration.tokens.never") : formats.dateTime(expires_at)),
    },
    ...(revoke === undefined ? [] : [revoking]),
  ];
}
