import { useTranslation } from "react-i18next";
import { SecretDialog } from "../../components/secret-dialog";
import { useFormats } from "../../services/formats";
import type { IssuedAccessToken } from "../../services/schema";

/** The new secret of a token, and until when a former one works. */
export default function IssuedDialog({ token, onClose }: { token: IssuedAccessToken; onClose: () => void }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const former = token.secrets.slice(0, -1).at(-1);
  return (
    <SecretDialog
      title={t("accessTokens.issued", { name: token.name })}
      text={
        former?.expires_at
          ? t("accessTokens.issuedBeside", { hint: former.hint, moment: formats.dateTime(former.expires_at) })
          : t("accessTokens.issuedText")
      }
      secret={token.token}
      onClose={onClose}
    />
  );
}
