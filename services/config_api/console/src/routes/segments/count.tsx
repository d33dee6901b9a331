import Box from "@cloudscape-design/components/box";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { TextButton } from "../../components/text-button";
import { useFormats } from "../../services/formats";
import { problemText } from "../../services/problems";
import { countQuery } from "../../services/segments";
import { useApi, useCan } from "../../services/services";
import type { Row } from "./rows";

/** How many members a segment has, once somebody asks: counting may read every profile. */
export function Count({ segment, place }: Row) {
  const { t } = useTranslation();
  const formats = useFormats();
  const can = useCan()("profiles:read");
  const [asked, setAsked] = useState(false);
  const query = countQuery(useApi(), place, segment.condition);
  const { data, error, isFetching, refetch } = useQuery({ ...query, enabled: can && asked });
  if (!can) {
    return null;
  }
  if (data !== undefined) {
    return (
      <span className="numbers" role="status">
        {formats.number(data.count)}
      </span>
    );
  }
  return (
    <>
      <TextButton
        loading={isFetching}
        ariaLabel={t("segments.countOf", { name: segment.name })}
        onClick={() => (asked ? void refetch() : setAsked(true))}
      >
        {t("segments.count")}
      </TextButton>
      {error !== null && (
        <Box fontSize="body-s">
          <StatusIndicator type="error">{problemText(t, error)}</StatusIndicator>
        </Box>
      )}
    </>
  );
}
