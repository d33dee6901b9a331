import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ProblemAlert } from "../../components/problem-alert";
import { useActorName } from "../../services/actors";
import { useFormats } from "../../services/formats";
import { revisionsQuery } from "../../services/revisions";
import type { IntegrationView, RevisionView } from "../../services/schema";
import { useApi } from "../../services/services";
import { Differences } from "./differences";
import "./revisions.css";

/** The mappings that an integration had, the newest first, each with what it changed. */
export function Revisions({ view }: { view: IntegrationView }) {
  const { t } = useTranslation();
  const nameOf = useActorName();
  const query = useInfiniteQuery(revisionsQuery(useApi(), view.id));
  const revisions = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Container
      header={
        <Header variant="h2" description={t("integration.revisions.text")}>
          {t("integration.revisions.title")}
        </Header>
      }
    >
      {query.error !== null && <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />}
      <ol className="revisions">
        {revisions.map((revision, index) => (
          <li key={revision.number}>
            <Revision
              revision={revision}
              before={revisions[index + 1]}
              last={index === revisions.length - 1 && !query.hasNextPage}
              author={nameOf(revision.created_by)}
              current={revision.number === view.revision}
            />
          </li>
        ))}
      </ol>
      {query.hasNextPage && (
        <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t("integration.revisions.older")}
        </Button>
      )}
    </Container>
  );
}

interface RevisionProps {
  revision: RevisionView;
  /** The one before it, where that was read already. */
  before: RevisionView | undefined;
  /** Whether there is none before it. */
  last: boolean;
  current: boolean;
  author: string;
}

function Revision({ revision, before, last, current, author }: RevisionProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <SpaceBetween size="xxs">
      <div className="revision-head">
        <Box variant="h3" padding="n">
          {t("integration.revisions.number", { number: revision.number })}
        </Box>
        {current && <Badge color="blue">{t("integration.revisions.current")}</Badge>}
        <Box color="text-body-secondary">
          <span className="anything">
            {`${formats.dateTime(revision.created_at)} ${t("integration.revisions.by", { name: author })}`}
          </span>
        </Box>
      </div>
      {before !== undefined && <Differences before={before} after={revision} />}
      {last && <First revision={revision} />}
    </SpaceBetween>
  );
}

function First({ revision }: { revision: RevisionView }) {
  const { t } = useTranslation();
  const names = [revision.user_id.property, ...revision.mappings.map(({ property }) => property)];
  return (
    <Box>
      {t("integration.revisions.first")} <span className="anything">{names.join(", ")}</span>
    </Box>
  );
}
