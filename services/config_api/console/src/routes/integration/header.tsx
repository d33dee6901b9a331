import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { IntegrationStateIndicator } from "../../components/integration-state";
import { useNotify } from "../../components/notifications";
import { MOVES, type Move, useMove } from "../../services/integrations";
import { problemText } from "../../services/problems";
import type { IntegrationView } from "../../services/schema";
import { useCan } from "../../services/services";
import { ASKED, type AskedMove, useMoved } from "../integrations/moves";

const DuplicateDialog = lazy(() => import("../integrations/duplicate-dialog"));
const MoveDialog = lazy(() => import("../integrations/move-dialog"));

/** An integration's name and state, and what can be done to it. */
export function IntegrationHeader({ view }: { view: IntegrationView }) {
  const can = useCan()("config:write");
  return (
    <SpaceBetween size="xxs">
      <Header variant="h1" actions={can && <Actions view={view} />}>
        <span className="anything">{view.name}</span>
      </Header>
      <IntegrationStateIndicator state={view.state} />
    </SpaceBetween>
  );
}

type Dialog = AskedMove | "duplicate";

function Actions({ view }: { view: IntegrationView }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<Dialog>();
  const act = useAct(view, setDialog);
  const moves = MOVES[view.state];
  const name = (move: Move) => (move === "activate" ? t("integrations.activate") : t(`actions.${move}`));
  const shown = moves.filter((move) => move !== "delete");
  const hidden = [
    { id: "duplicate", text: t("actions.duplicate") },
    ...moves.filter((move) => move === "delete").map((move) => ({ id: move, text: name(move) })),
  ];
  return (
    <>
      <SpaceBetween direction="horizontal" size="xs">
        {view.state !== "deleted" && (
          <Button onClick={() => void navigate(`/integrations/${view.id}/edit`)}>{t("actions.edit")}</Button>
        )}
        {shown.map((move) => (
          <Button key={move} onClick={() => act(move)}>
            {name(move)}
          </Button>
        ))}
        <ButtonDropdown
          variant="icon"
          ariaLabel={t("integration.more")}
          items={hidden}
          onItemClick={({ detail }) => (detail.id === "duplicate" ? setDialog("duplicate") : act("delete"))}
        />
      </SpaceBetween>
      <Suspense>
        <Dialogs view={view} dialog={dialog} onClose={() => setDialog(undefined)} />
      </Suspense>
    </>
  );
}

/** Does what needs no question, and asks about the rest. */
function useAct(view: IntegrationView, ask: (move: AskedMove) => void) {
  const { t } = useTranslation();
  const notify = useNotify();
  const moved = useMoved();
  const { mutate } = useMove();
  return (move: Move) => {
    const asked = ASKED.find((each) => each === move);
    if (asked !== undefined) {
      ask(asked);
      return;
    }
    const onError = (error: Error) => notify("error", problemText(t, error));
    mutate({ integration: view, move }, { onSuccess: () => moved(view, move), onError });
  };
}

function Dialogs({
  view,
  dialog,
  onClose,
}: {
  view: IntegrationView;
  dialog: Dialog | undefined;
  onClose: () => void;
}) {
  if (dialog === undefined) {
    return null;
  }
  return dialog === "duplicate" ? (
    <DuplicateDialog integration={view} onClose={onClose} />
  ) : (
    <MoveDialog integration={view} move={dialog} onClose={onClose} />
  );
}
