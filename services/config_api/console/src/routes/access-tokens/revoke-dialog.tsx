import Box from "@cloudscape-design/components/box";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "../../components/confirm-dialog";
import { useNotify } from "../../components/notifications";
import { useFormats } from "../../services/formats";
import type { AccessTokenView } from "../../services/schema";
import { useRevokeAccessToken } from "../../services/tokens";

/** Asks before a token ends for ever, and says whether somebody uses it. */
export default function RevokeDialog({ token, onClose }: { token: AccessTokenView; onClose: () => void }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const notify = useNotify();
  const { mutate, isPending, error } = useRevokeAccessToken();
  const onSuccess = () => {
    onClose();
    notify("success", t("accessTokens.revoked", { name: token.name }));
  };
  return (
    <ConfirmDialog
      title={t("accessTokens.revoke.title", { name: token.name })}
      action={t("accessTokens.revoke.action")}
      busy={isPending}
      error={error}
      onClose={onClose}
      onConfirm={() => mutate(token, { onSuccess })}
    >
      <Box>{t("accessTokens.revoke.text")}</Box>
      <Box color="text-body-secondary">
        {token.last_used_at === null
          ? t("accessTokens.revoke.neverUsed")
          : t("accessTokens.revoke.lastUsed", { ago: formats.ago(token.last_used_at, new Date()) })}
      </Box>
    </ConfirmDialog>
  );
}
