import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "../../components/confirm-dialog";
import { OVERLAP_S, OverlapField } from "../../components/overlap-field";
import { useRotate } from "../../services/integration-tokens";

interface RotateDialogProps {
  integration: number;
  /** Whether there is a token that may live on. */
  live: boolean;
  onIssued: (token: string) => void;
  onClose: () => void;
}

/** Asks how long the former token lives on, and makes a new one. */
export function RotateDialog({ integration, live, onIssued, onClose }: RotateDialogProps) {
  const { t } = useTranslation();
  const [overlap, setOverlap] = useState(OVERLAP_S);
  const { mutate, isPending, error } = useRotate(integration);
  const rotate = () => mutate(overlap, { onSuccess: ({ token }) => onIssued(token) });
  const title = t(live ? "integration.tokens.rotate" : "integration.tokens.issue");
  return (
    <ConfirmDialog title={title} action={title} busy={isPending} error={error} onClose={onClose} onConfirm={rotate}>
      {live ? (
        <SpaceBetween size="m">
          <Box>{t("integration.tokens.rotateText")}</Box>
          <OverlapField value={overlap} onChange={setOverlap} />
        </SpaceBetween>
      ) : (
        <Box>{t("integration.tokens.text")}</Box>
      )}
    </ConfirmDialog>
  );
}
