import { type UseQueryResult, useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useConditionWords } from "../../components/condition/words";
import { fromCondition } from "../../services/conditions";
import type { AttributeView, EnvironmentView, SegmentView, SystemView } from "../../services/schema";
import { type Place, segmentsQuery } from "../../services/segments";
import { useApi } from "../../services/services";
import { attributesQuery } from "../../services/systems";

/** A segment in the list: where it is, and its condition in words. */
export interface Row {
  id: string;
  segment: SegmentView;
  place: Place;
  environment: string;
  condition: string;
}

const NONE: readonly AttributeView[] = [];

/** The segments of some environments of a system, and how reading them went. */
export function useRows(system: SystemView, environments: readonly EnvironmentView[]) {
  const api = useApi();
  const { data: attributes = NONE } = useQuery(attributesQuery(api, system.key));
  const words = useConditionWords(attributes);
  const queries = environments.map(({ key }) => segmentsQuery(api, { system: system.key, environment: key }));
  const { lists, pending, error, refetch } = useQueries({ queries, combine });
  const rows = useMemo(
    () =>
      environments.flatMap(({ key, name }, index) =>
        (lists[index] ?? []).map(
          (segment): Row => ({
            id: `${key}/${segment.key}`,
            segment,
            place: { system: system.key, environment: key },
            environment: name,
            condition: words.line(fromCondition(segment.condition)),
          }),
        ),
      ),
    [environments, system.key, words, lists],
  );
  return { rows, pending, read: { error, data: pending ? undefined : rows, refetch } };
}

/** Several lists as one: what could not be read of any is not known of all. */
function combine(reads: UseQueryResult<SegmentView[]>[]) {
  return {
    lists: reads.map(({ data }) => data),
    pending: reads.some(({ data }) => data === undefined),
    error: reads.find(({ error }) => error !== null)?.error ?? null,
    refetch: () => Promise.all(reads.map(({ refetch }) => refetch())),
  };
}
