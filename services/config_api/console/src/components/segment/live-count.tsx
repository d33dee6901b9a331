import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../services/formats";
import { ProblemError } from "../../services/problems";
import { profilePath } from "../../services/profiles";
import type { Place } from "../../services/segments";
import { Link } from "../link";
import { ProblemAlert } from "../problem-alert";
import type { LiveCount } from "./use-segment";

/** How many users the condition fits, and the first of them. */
export function LiveCountPanel({ live, place }: { live: LiveCount; place: Place }) {
  const { t } = useTranslation();
  const { error, counting } = live;
  // What is wrong in the condition stands at its place there.
  const failed = error !== null && !(error instanceof ProblemError && error.status === 422);
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={t("createSegment.previewText")}
          actions={counting && <StatusIndicator type="loading">{t("segment.counting")}</StatusIndicator>}
        >
          {t("createSegment.preview")}
        </Header>
      }
    >
      <section aria-live="polite" aria-label={t("createSegment.preview")}>
        {failed ? <ProblemAlert error={error} onRetry={live.retry} /> : <Counted live={live} place={place} />}
      </section>
    </Container>
  );
}

function Counted({ live: { preview, error, counting }, place }: { live: LiveCount; place: Place }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (preview === undefined || error !== null) {
    return <Box color="text-body-secondary">{counting ? t("segment.counting") : t("createSegment.incomplete")}</Box>;
  }
  return (
    <SpaceBetween size="s">
      <div>
        <span className="segment-count numbers">{formats.number(preview.count)}</span>{" "}
        {t("createSegment.users", { count: preview.count })}
      </div>
      {preview.count === 0 && <Box color="text-body-secondary">{t("createSegment.nobody")}</Box>}
      {preview.sample.length > 0 && (
        <div>
          <Box variant="awsui-key-label">{t("createSegment.sample")}</Box>
          <ul className="segment-sample">
            {preview.sample.map((userId) => (
              <li key={userId}>
                <Link to={profilePath({ ...place, userId })}>
                  <span className="anything">{userId}</span>
                </Link>
              </li>
            ))}
          </ul>
        </div>
      )}
    </SpaceBetween>
  );
}
