import Button from "@cloudscape-design/components/button";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "../../components/empty-state";
import { ListPage } from "../../components/list-page";
import { useNotify } from "../../components/notifications";
import { SearchedTable } from "../../components/searched-table";
import { useWide } from "../../components/use-wide";
import { useFormats } from "../../services/formats";
import { problemText } from "../../services/problems";
import type { UserView } from "../../services/schema";
import { useApi, useUser } from "../../services/services";
import { useReplaceUser, usersQuery } from "../../services/users";
import { columns } from "./columns";
import { type Action, RowActions } from "./row-actions";

const UserDialog = lazy(() => import("./user-dialog"));
const DisableDialog = lazy(() => import("./disable-dialog"));
const ResetDialog = lazy(() => import("./reset-dialog"));

/** From this width on (CSS pixels) every column has room. */
const WIDE_PX = 900;

type Dialog = { kind: "create" } | { kind: "edit" | "disable" | "reset"; user: UserView };

/** Console users: who may sign in, as what, for which systems. */
export function Component() {
  const { t } = useTranslation();
  const formats = useFormats();
  const own = useUser().id;
  const read = useQuery(usersQuery(useApi()));
  const [dialog, setDialog] = useState<Dialog>();
  const enable = useEnable();
  const wide = useWide(WIDE_PX);
  const definitions = useMemo(() => {
    const act = (user: UserView, action: Action) =>
      action === "enable" ? enable(user) : setDialog({ kind: action, user });
    const actions = (user: UserView) => <RowActions user={user} onAction={(action) => act(user, action)} />;
    return columns(t, formats, { wide, own, actions });
  }, [t, formats, wide, own, enable]);
  const create = (
    <Button variant="primary" iconName="add-plus" onClick={() => setDialog({ kind: "create" })}>
      {t("users.create")}
    </Button>
  );
  return (
    <ListPage title={t("users.title")} description={t("users.description")} actions={create} read={read}>
      <SearchedTable
        label={t("users.title")}
        items={read.data ?? []}
        columns={definitions}
        id={({ id }) => String(id)}
        words={({ name }) => name}
        search={t("users.search")}
        loading={read.isPending}
        empty={<EmptyState title={t("users.empty")} text={t("users.emptyText")} action={create} />}
      />
      <Suspense>
        <Dialogs dialog={dialog} onClose={() => setDialog(undefined)} />
      </Suspense>
    </ListPage>
  );
}

function Dialogs({ dialog, onClose }: { dialog: Dialog | undefined; onClose: () => void }) {
  switch (dialog?.kind) {
    case "create":
      return <UserDialog before={undefined} onClose={onClose} />;
    case "edit":
      return <UserDialog before={dialog.user} onClose={onClose} />;
    case "disable":
      return <DisableDialog user={dialog.user} onClose={onClose} />;
    case "reset":
      return <ResetDialog user={dialog.user} onClose={onClose} />;
    default:
      return null;
  }
}

/** Lets a user sign in again, without a question. */
function useEnable(): (user: UserView) => void {
  const { t } = useTranslation();
  const notify = useNotify();
  const { mutate } = useReplaceUser();
  return useMemo(
    () => (before) =>
      mutate(
        { before, changed: { disabled: false } },
        {
          onSuccess: () => notify("success", t("users.isEnabled", { name: before.name })),
          onError: (error) => notify("error", problemText(t, error)),
        },
      ),
    [mutate, notify, t],
  );
}
