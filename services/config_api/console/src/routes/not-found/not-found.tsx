import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useTranslation } from "react-i18next";
import { Link } from "../../components/link";
import { useTitle } from "../../components/use-title";
import { HOME } from "../../pages";

export function NotFound() {
  const { t } = useTranslation();
  useTitle(t("shell.notFound.title"));
  return (
    <Box textAlign="center" padding="xxxl">
      <SpaceBetween size="m">
        <Box variant="h1">{t("shell.notFound.title")}</Box>
        <Box color="text-body-secondary">{t("shell.notFound.text")}</Box>
        <Link to={HOME}>{t("shell.notFound.home")}</Link>
      </SpaceBetween>
    </Box>
  );
}
