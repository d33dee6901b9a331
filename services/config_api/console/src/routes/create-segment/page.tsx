import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { ReadOnly } from "../../components/read-only";
import { newSegment } from "../../components/segment/draft";
import { SegmentForm } from "../../components/segment/segment-form";
import { useOpenOnceSaved } from "../../components/segment/use-open-once-saved";
import { useSegment } from "../../components/segment/use-segment";
import { useTitle } from "../../components/use-title";
import { freeKey } from "../../services/attribute-keys";
import { toCondition } from "../../services/conditions";
import { segmentPath, segmentsQuery, useCreateSegment } from "../../services/segments";
import { useApi, useCan } from "../../services/services";

/** Create segment. The address may say where. */
export function Component() {
  return useCan()("config:write") ? <Create /> : <ReadOnly />;
}

function Create() {
  const { t } = useTranslation();
  const [search] = useSearchParams();
  const [first] = useState(() =>
    newSegment({ system: search.get("system") ?? "", environment: search.get("environment") ?? "" }),
  );
  const create = useCreateSegment();
  const segment = useSegment(first, create.error);
  const { draft, types } = segment;
  const { system, environment } = draft;
  const { data: others = [] } = useQuery(segmentsQuery(useApi(), draft));
  const keys = others.map(({ key }) => key);
  const proposed = freeKey(draft.name, keys);
  const { key = "", name = "" } = create.data ?? {};
  useTitle(t("createSegment.title"));
  useOpenOnceSaved(create.isSuccess, segmentPath(draft, key), t("createSegment.created", { name }));
  const save = () => {
    const condition = toCondition(draft.condition, types);
    const body = { name: draft.name.trim(), key: draft.key || proposed, condition };
    create.mutate({ place: { system, environment }, body });
  };
  return (
    <SegmentForm
      title={t("createSegment.title")}
      description={t("createSegment.description")}
      segment={segment}
      proposed={proposed}
      changed={draft !== first && !create.isSuccess}
      busy={create.isPending}
      error={create.error}
      refused={create.failureCount}
      back="/segments"
      onSave={save}
    />
  );
}
