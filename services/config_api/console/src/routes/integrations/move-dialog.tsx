import Box from "@cloudscape-design/components/box";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "../../components/confirm-dialog";
import { useMove } from "../../services/integrations";
import type { IntegrationView } from "../../services/schema";
import { type AskedMove, useMoved } from "./moves";

interface MoveDialogProps {
  integration: IntegrationView;
  move: AskedMove;
  onClose: () => void;
}

/** Asks before an integration is paused or deleted. */
export default function MoveDialog({ integration, move, onClose }: MoveDialogProps) {
  const { t } = useTranslation();
  const done = useMoved();
  const { mutate, isPending, error } = useMove();
  return (
    <ConfirmDialog
      title={t(`integrations.${move}Dialog.title`, { name: integration.name })}
      action={t(`actions.${move}`)}
      busy={isPending}
      error={error}
      onClose={onClose}
      onConfirm={() =>
        mutate(
          { integration, move },
          {
            onSuccess: () => {
              onClose();
              done(integration, move);
            },
          },
        )
      }
    >
      <Box>{t(`integrations.${move}Dialog.text`)}</Box>
    </ConfirmDialog>
  );
}
