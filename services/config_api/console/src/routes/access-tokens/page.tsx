import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "../../components/empty-state";
import { ListPage } from "../../components/list-page";
import { SearchedTable } from "../../components/searched-table";
import { useWide } from "../../components/use-wide";
import { useFormats } from "../../services/formats";
import type { AccessTokenView, IssuedAccessToken } from "../../services/schema";
import { useApi } from "../../services/services";
import { accessTokensQuery } from "../../services/tokens";
import { columns } from "./columns";

const TokenDialog = lazy(() => import("./token-dialog"));
const RotateDialog = lazy(() => import("./rotate-dialog"));
const RevokeDialog = lazy(() => import("./revoke-dialog"));
const IssuedDialog = lazy(() => import("./issued-dialog"));

/** From this width on (CSS pixels) every column has room. */
const WIDE_PX = 900;

const ACTIONS = ["edit", "rotate", "revoke"] as const;

type Dialog =
  | { kind: "create" }
  | { kind: (typeof ACTIONS)[number]; token: AccessTokenView }
  | { kind: "issued"; token: IssuedAccessToken };

/** Access tokens: who may call the API, how far they reach, and when they last did. */
export function Component() {
  const { t } = useTranslation();
  const formats = useFormats();
  const [revoked, setRevoked] = useState(false);
  const [dialog, setDialog] = useState<Dialog>();
  const read = useQuery(accessTokensQuery(useApi(), true, revoked));
  const wide = useWide(WIDE_PX);
  const definitions = useMemo(
    () =>
      columns(t, formats, {
        wide,
        actions: revoked ? undefined : (token) => <Actions {...{ token, onAction: setDialog }} />,
      }),
    [t, formats, wide, revoked],
  );
  const create = (
    <Button variant="primary" iconName="add-plus" onClick={() => setDialog({ kind: "create" })}>
      {t("accessTokens.create")}
    </Button>
  );
  return (
    <ListPage title={t("accessTokens.title")} description={t("accessTokens.description")} actions={create} read={read}>
      <SearchedTable
        key={String(revoked)}
        label={t("accessTokens.title")}
        items={read.data ?? []}
        columns={definitions}
        id={({ id }) => String(id)}
        words={({ name, secrets }) => [name, ...secrets.map(({ hint }) => hint)].join(" ")}
        search={t("accessTokens.search")}
        loading={read.isPending}
        empty={
          revoked ? (
            <EmptyState title={t("accessTokens.noneRevoked")} text={t("accessTokens.noneRevokedText")} />
          ) : (
            <EmptyState title={t("accessTokens.empty")} text={t("accessTokens.emptyText")} action={create} />
          )
        }
        filters={
          <div className="table-switch">
            <SegmentedControl
              label={t("accessTokens.which")}
              selectedId={revoked ? "revoked" : "live"}
              onChange={({ detail }) => setRevoked(detail.selectedId === "revoked")}
              options={[
                { id: "live", text: t("accessTokens.live") },
                { id: "revoked", text: t("accessTokens.columns.revoked") },
              ]}
            />
          </div>
        }
      />
      <Suspense>
        <Dialogs dialog={dialog} onDialog={setDialog} />
      </Suspense>
    </ListPage>
  );
}

function Actions({ token, onAction }: { token: AccessTokenView; onAction: (dialog: Dialog) => void }) {
  const { t } = useTranslation();
  const texts = {
    edit: t("actions.edit"),
    rotate: t("accessTokens.rotate.action"),
    revoke: t("accessTokens.revoke.action"),
  };
  return (
    <ButtonDropdown
      variant="icon"
      expandToViewport
      ariaLabel={t("table.actionsFor", { name: token.name })}
      items={ACTIONS.map((id) => ({ id, text: texts[id] }))}
      onItemClick={({ detail }) => {
        const kind = ACTIONS.find((action) => action === detail.id);
        if (kind !== undefined) {
          onAction({ kind, token });
        }
      }}
    />
  );
}

interface DialogsProps {
  dialog: Dialog | undefined;
  onDialog: (dialog: Dialog | undefined) => void;
}

function Dialogs({ dialog, onDialog }: DialogsProps) {
  const onClose = () => onDialog(undefined);
  const onIssued = (token: IssuedAccessToken) => onDialog({ kind: "issued", token });
  switch (dialog?.kind) {
    case "create":
      return <TokenDialog token={undefined} onIssued={onIssued} onClose={onClose} />;
    case "edit":
      return <TokenDialog token={dialog.token} onIssued={onIssued} onClose={onClose} />;
    case "rotate":
      return <RotateDialog token={dialog.token} onIssued={onIssued} onClose={onClose} />;
    case "revoke":
      return <RevokeDialog token={dialog.token} onClose={onClose} />;
    case "issued":
      return <IssuedDialog token={dialog.token} onClose={onClose} />;
    default:
      return null;
  }
}
