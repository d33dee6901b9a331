import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../components/form-dialog";
import { OVERLAP_S, OverlapField } from "../../components/overlap-field";
import { faultsByField } from "../../services/problems";
import type { AccessTokenView, IssuedAccessToken } from "../../services/schema";
import { useRotateAccessToken } from "../../services/tokens";

interface RotateDialogProps {
  token: AccessTokenView;
  onIssued: (token: IssuedAccessToken) => void;
  onClose: () => void;
}

/** A new secret, and how long the former one works on. */
export default function RotateDialog({ token, onIssued, onClose }: RotateDialogProps) {
  const { t } = useTranslation();
  const [overlap, setOverlap] = useState(OVERLAP_S);
  const { mutate, isPending, error } = useRotateAccessToken();
  const ending = token.secrets.slice(0, -1); // beside the new one, only the newest lives on
  return (
    <FormDialog
      title={t("accessTokens.rotate.title", { name: token.name })}
      action={t("accessTokens.rotate.action")}
      busy={isPending}
      error={error}
      faults={faultsByField(t, error, [])}
      onClose={onClose}
      onSubmit={() => mutate({ id: token.id, overlap_s: overlap }, { onSuccess: onIssued })}
    >
      <Box>{t("accessTokens.rotate.text")}</Box>
      <OverlapField value={overlap} onChange={setOverlap} />
      {ending.map(({ id, hint }) => (
        <Alert key={id} type="warning">
          {t("accessTokens.rotate.ends", { hint })}
        </Alert>
      ))}
    </FormDialog>
  );
}
