import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import { useTranslation } from "react-i18next";

/** In place of a page that broke, or whose files could not be loaded: the network is away, or a new release is there. */
export function PageError() {
  const { t } = useTranslation();
  return (
    <Box padding="xxl">
      <Alert
        type="error"
        header={t("shell.broken.title")}
        action={<Button onClick={() => window.location.reload()}>{t("shell.broken.reload")}</Button>}
      >
        {t("shell.broken.text")}
      </Alert>
    </Box>
  );
}
