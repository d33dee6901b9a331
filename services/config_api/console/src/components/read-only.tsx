import Alert from "@cloudscape-design/components/alert";
import { useTranslation } from "react-i18next";

/** For those who came to a page of changes without the right to make any. */
export function ReadOnly() {
  const { t } = useTranslation();
  return <Alert type="info">{t("shell.readOnly")}</Alert>;
}
