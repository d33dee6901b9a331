import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { conditionFaults } from "../../services/condition-faults";
import { toCondition } from "../../services/conditions";
import type { AttributeView, SegmentPreview } from "../../services/schema";
import { countQuery } from "../../services/segments";
import { useApi, useCan } from "../../services/services";
import { attributesQuery } from "../../services/systems";
import { CONDITION } from "../condition/condition-fields";
import { useSettled } from "../use-settled";
import { checkSegment, type SegmentDraft, segmentFaults } from "./draft";

const NONE: readonly AttributeView[] = [];

/** What is known of the users that a condition fits, while it is being entered. */
export interface LiveCount {
  complete: boolean;
  /** Of the condition as it was last counted, while it is counted anew. */
  preview: SegmentPreview | undefined;
  counting: boolean;
  error: Error | null;
  retry: () => void;
}

/** A segment while it is being entered: what is wrong with it, and whom it fits. */
export function useSegment(first: SegmentDraft, error: unknown) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(first);
  const [tries, setTries] = useState(0);
  const { data: attributes = NONE, isPending } = useQuery(attributesQuery(useApi(), draft.system));
  const types = useMemo(() => new Map(attributes.map(({ key, type }) => [key, type])), [attributes]);
  const live = useLiveCount(draft, types);
  const missing = checkSegment(t, draft, types);
  const saved = segmentFaults(t, error, draft, types);
  const counted = segmentFaults(t, live.error, draft, types);
  return {
    draft,
    setDraft,
    attributes,
    types,
    isPending,
    live,
    faults: new Map([...counted.shown, ...saved.shown, ...(tries > 0 ? missing : [])]),
    others: saved.others,
    /** Whether it may be sent; from now on, what is missing is shown. */
    check: () => {
      setTries(tries + (missing.size === 0 ? 0 : 1));
      return missing.size === 0;
    },
    /** How often it was not. */
    tries,
  };
}

/** The count of the condition once nobody types any more. */
function useLiveCount(draft: SegmentDraft, types: Parameters<typeof conditionFaults>[2]): LiveCount {
  const can = useCan()("profiles:read");
  const { condition, system, environment } = draft;
  const complete = conditionFaults(condition, CONDITION, types).size === 0;
  const json = complete ? JSON.stringify(toCondition(condition, types)) : "";
  const settled = useSettled(json, 400);
  const asked = can && settled !== "" && settled === json;
  const { data, error, isFetching, refetch } = useQuery({
    ...countQuery(useApi(), { system, environment }, asked ? JSON.parse(settled) : undefined),
    placeholderData: keepPreviousData,
  });
  return {
    complete,
    preview: complete ? data : undefined,
    counting: complete && (isFetching || settled !== json),
    error: asked ? error : null,
    retry: () => void refetch(),
  };
}
