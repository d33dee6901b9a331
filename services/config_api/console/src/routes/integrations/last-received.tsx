import Box from "@cloudscape-design/components/box";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Ago } from "../../components/ago";
import { useApi } from "../../services/services";
import { lastReceivedQuery } from "../../services/traffic";

/** When an integration received something last; asked for row by row, for those rows alone that are shown. */
export function LastReceived({ integration }: { integration: number }) {
  const { t } = useTranslation();
  const { data } = useQuery(lastReceivedQuery(useApi(), integration));
  if (data === undefined) {
    return null;
  }
  return data === null ? <Box color="text-body-secondary">{t("integrations.never")}</Box> : <Ago moment={data} />;
}
