import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "../../components/confirm-dialog";
import { Choice } from "../../components/definition/choice";
import { OVERLAPS_S, useRotate } from "../../services/integration-tokens";

const CHOICES = OVERLAPS_S.map((seconds) => `s${seconds}` as const);
const A_DAY = "s86400";

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
  const [overlap, setOverlap] = useState<(typeof CHOICES)[number]>(A_DAY);
  const { mutate, isPending, error } = useRotate(integration);
  const rotate = () => mutate(Number(overlap.slice(1)), { onSuccess: ({ token }) => onIssued(token) });
  const title = t(live ? "integration.tokens.rotate" : "integration.tokens.issue");
  return (
    <ConfirmDialog title={title} action={title} busy={isPending} error={error} onClose={onClose} onConfirm={rotate}>
      {live ? (
        <SpaceBetween size="m">
          <Box>{t("integration.tokens.rotateText")}</Box>
          <FormField label={t("integration.tokens.overlap")}>
            <Choice
              choices={CHOICES}
              text={(choice) => t(`integration.tokens.overlaps.${choice}`)}
              value={overlap}
              onChange={setOverlap}
            />
          </FormField>
        </SpaceBetween>
      ) : (
        <Box>{t("integration.tokens.text")}</Box>
      )}
    </ConfirmDialog>
  );
}
