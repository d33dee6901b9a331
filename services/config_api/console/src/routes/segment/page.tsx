import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { Ago } from "../../components/ago";
import { Definition } from "../../components/condition/definition";
import { useConditionWords } from "../../components/condition/words";
import { useObjectName } from "../../components/object-name";
import { ProblemAlert } from "../../components/problem-alert";
import { useTitle } from "../../components/use-title";
import { Waiting } from "../../components/waiting";
import { fromCondition } from "../../services/conditions";
import type { AttributeView, SegmentView } from "../../services/schema";
import { type Place, segmentQuery } from "../../services/segments";
import { useApi, useCan } from "../../services/services";
import { attributesQuery } from "../../services/systems";
import { SegmentHeader } from "./header";
import { Members } from "./members";
import { Usage } from "./usage";

const NONE: readonly AttributeView[] = [];

/** One segment: its condition in words, who is in it, and where it can be used. */
export function Component() {
  const { t } = useTranslation();
  const { system = "", environment = "", segment = "" } = useParams();
  const place = { system, environment };
  const { data, error, refetch } = useQuery({ ...segmentQuery(useApi(), place, segment), staleTime: 0 });
  if (data !== undefined) {
    return <Shown view={data} place={place} />;
  }
  return (
    <ContentLayout header={<Header variant="h1">{t("segment.title")}</Header>}>
      {error === null ? <Waiting /> : <ProblemAlert error={error} onRetry={() => void refetch()} />}
    </ContentLayout>
  );
}

function Shown({ view, place }: { view: SegmentView; place: Place }) {
  const { t } = useTranslation();
  const can = useCan()("profiles:read");
  useTitle(view.name);
  useObjectName(view.name);
  return (
    <ContentLayout header={<SegmentHeader view={view} place={place} />}>
      <SpaceBetween size="l">
        <DefinitionPart view={view} system={place.system} />
        {can ? <Members view={view} place={place} /> : <Container>{t("segment.noRight")}</Container>}
        <Usage view={view} place={place} />
      </SpaceBetween>
    </ContentLayout>
  );
}

function DefinitionPart({ view, system }: { view: SegmentView; system: string }) {
  const { t } = useTranslation();
  const { data: attributes = NONE, isPending } = useQuery(attributesQuery(useApi(), system));
  const words = useConditionWords(attributes);
  const root = useMemo(() => fromCondition(view.condition), [view.condition]);
  return (
    <Container
      header={
        <Header variant="h2" description={t("segment.definitionText")}>
          {t("segment.definition")}
        </Header>
      }
      footer={
        <>
          {t("segments.columns.updated")} <Ago moment={view.updated_at} />
        </>
      }
    >
      {isPending ? <Waiting /> : <Definition group={root} words={words} />}
    </Container>
  );
}
