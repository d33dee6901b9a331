import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../components/form-dialog";
import { faultsByField } from "../../services/problems";
import type { AccessTokenView, IssuedAccessToken } from "../../services/schema";
import { useRotateAccessToken } from "../../services/tokens";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

/** How long the former secret may live on beside the new one, in seconds. */
const OVERLAPS = [
  { seconds: 0, name: "none" },
  { seconds: HOUR_S, name: "hour" },
  { seconds: DAY_S, name: "day" },
  { seconds: 7 * DAY_S, name: "week" },
  { seconds: 30 * DAY_S, name: "month" },
] as const;

interface RotateDialogProps {
  token: AccessTokenView;
  onIssued: (token: IssuedAccessToken) => void;
  onClose: () => void;
}

/** A new secret, and how long the former one works on. */
export default function RotateDialog({ token, onIssued, onClose }: RotateDialogProps) {
  const { t } = useTranslation();
  const [overlap, setOverlap] = useState(DAY_S);
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
      <FormField label={t("accessTokens.rotate.overlap")}>
        <RadioGroup
          value={String(overlap)}
          onChange={({ detail }) => setOverlap(Number(detail.value))}
          items={OVERLAPS.map(({ seconds, name }) => ({
            value: String(seconds),
            label: t(`accessTokens.rotate.overlaps.${name}`),
          }))}
        />
      </FormField>
      {ending.map(({ id, hint }) => (
        <Alert key={id} type="warning">
          {t("accessTokens.rotate.ends", { hint })}
        </Alert>
      ))}
    </FormDialog>
  );
}
