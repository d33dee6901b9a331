import Box from "@cloudscape-design/components/box";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useTranslation } from "react-i18next";
import { CopiedCode, CopiedText } from "../../components/copied-text";
import type { SegmentView } from "../../services/schema";
import type { Place } from "../../services/segments";
import { segmentSnippet } from "../../services/snippets";

/** Where the segment can be used: the context of a user names it. */
export function Usage({ view, place: { system, environment } }: { view: SegmentView; place: Place }) {
  const { t } = useTranslation();
  const context = `${window.location.origin}/api/v1/context/${system}/${environment}?user_id=`;
  return (
    <ExpandableSection variant="container" headerText={t("segment.use")} headerDescription={t("segment.useText")}>
      <SpaceBetween size="m">
        <div>
          <Box variant="awsui-key-label">{t("segment.context")}</Box>
          <CopiedText text={context} label={t("segment.copyContext")} />
        </div>
        <div>
          <Box variant="awsui-key-label">{t("segment.snippet")}</Box>
          <CopiedCode text={segmentSnippet(context, view.key)} label={t("segment.copySnippet")} />
        </div>
      </SpaceBetween>
    </ExpandableSection>
  );
}
