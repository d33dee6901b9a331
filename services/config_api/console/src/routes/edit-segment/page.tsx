import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { useObjectName } from "../../components/object-name";
import { ProblemAlert } from "../../components/problem-alert";
import { ReadOnly } from "../../components/read-only";
import { fromView } from "../../components/segment/draft";
import { SegmentForm } from "../../components/segment/segment-form";
import { useOpenOnceSaved } from "../../components/segment/use-open-once-saved";
import { useSegment } from "../../components/segment/use-segment";
import { useTitle } from "../../components/use-title";
import { Waiting } from "../../components/waiting";
import { toCondition } from "../../services/conditions";
import type { SegmentView } from "../../services/schema";
import { type Place, segmentPath, segmentQuery, useReplaceSegment } from "../../services/segments";
import { useApi, useCan } from "../../services/services";

/** Edit segment: its name and its condition. */
export function Component() {
  return useCan()("config:write") ? <Edit /> : <ReadOnly />;
}

function Edit() {
  const { system = "", environment = "", segment = "" } = useParams();
  const place = { system, environment };
  const { data, error, refetch } = useQuery(segmentQuery(useApi(), place, segment));
  if (error !== null) {
    return <ProblemAlert error={error} onRetry={() => void refetch()} />;
  }
  return data === undefined ? (
    <Waiting />
  ) : (
    <EditForm key={data.version} view={data} place={place} onReload={() => void refetch()} />
  );
}

interface EditFormProps {
  view: SegmentView;
  place: Place;
  onReload: () => void;
}

function EditForm({ view, place, onReload }: EditFormProps) {
  const { t } = useTranslation();
  const [first] = useState(() => fromView(view, place));
  const replace = useReplaceSegment(place);
  const segment = useSegment(first, replace.error);
  const { draft, types } = segment;
  const page = segmentPath(place, view.key);
  useTitle(t("editSegment.title"));
  useObjectName(view.name);
  useOpenOnceSaved(replace.isSuccess, page, t("editSegment.saved", { name: replace.data?.name ?? "" }));
  const save = () => {
    const body = { name: draft.name.trim(), condition: toCondition(draft.condition, types) };
    replace.mutate({ before: view, body });
  };
  return (
    <SegmentForm
      title={t("editSegment.title")}
      description={t("editSegment.description")}
      segment={segment}
      proposed={undefined}
      changed={draft !== first && !replace.isSuccess}
      busy={replace.isPending}
      error={replace.error}
      refused={replace.failureCount}
      back={page}
      onReload={onReload}
      onSave={save}
    />
  );
}
