import Box from "@cloudscape-design/components/box";
import Spinner from "@cloudscape-design/components/spinner";
import { useTranslation } from "react-i18next";

/** While something is loaded that a whole page needs. */
export function Waiting() {
  const { t } = useTranslation();
  return (
    <Box textAlign="center" padding="xxxl" color="text-body-secondary">
      <div role="status">
        <Spinner size="large" />
        <Box variant="p">{t("shell.loading")}</Box>
      </div>
    </Box>
  );
}
