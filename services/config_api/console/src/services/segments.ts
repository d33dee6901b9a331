import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { type Api, ifMatch } from "./api";
import type { Condition } from "./conditions";
import { exactJson } from "./exact-json";
import { allPages, PAGE_LIMIT } from "./paging";
import { answered, ProblemError } from "./problems";
import type { Context, NewSegment, PageSegmentView, SegmentBody, SegmentView } from "./schema";
import { useApi } from "./services";

export const SEGMENTS = ["segments"] as const;

const PAGE_SIZE = 25;
const REFRESH_MS = 30_000;
/** What is defined anew takes a moment to reach those who answer: how often, and how long, it is asked again. */
const SETTLING_MS = 1_000;
const SETTLING_TIMES = 5;

/** An environment of a system: where segments and users are. */
export interface Place {
  system: string;
  environment: string;
}

/** The address of a segment's page. */
export function segmentPath({ system, environment }: Place, key: string): string {
  return `/segments/${system}/${environment}/${key}`;
}

/** The segments of an environment. */
export function segmentsQuery(api: Api, { system, environment }: Place) {
  return queryOptions({
    queryKey: [...SEGMENTS, "of", system, environment],
    queryFn: () =>
      allPages(async (cursor) => {
        const params = { path: { system, environment }, query: { limit: PAGE_LIMIT, cursor } };
        const path = "/api/v1/systems/{system}/environments/{environment}/segments";
        return exactJson(await answered(api.GET(path, { params, parseAs: "text" }))) as PageSegmentView;
      }),
    enabled: system !== "" && environment !== "",
  });
}

/** One segment, read anew each time: what is being changed must not change under the user's hands. */
export function segmentQuery(api: Api, { system, environment }: Place, segment: string) {
  return queryOptions({
    queryKey: [...SEGMENTS, "one", system, environment, segment],
    queryFn: async () => {
      const params = { path: { system, environment, segment } };
      const path = "/api/v1/systems/{system}/environments/{environment}/segments/{segment}";
      return exactJson(await answered(api.GET(path, { params, parseAs: "text" }))) as SegmentView;
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** How many users a condition is true for, with some of them. One that is not asked for any more is given up. */
export function countQuery(api: Api, { system, environment }: Place, condition: Condition | undefined) {
  return queryOptions({
    queryKey: [...SEGMENTS, "count", system, environment, condition],
    queryFn: ({ signal }) =>
      answered(
        // Without a condition it is not asked: see `enabled`.
        api.POST("/api/v1/members:preview", {
          body: { system, environment, condition: condition as Condition },
          signal,
        }),
      ),
    enabled: condition !== undefined && system !== "" && environment !== "",
    retry: false, // it may read every profile
  });
}

/** A page of a segment's members, from the one after the user ID `cursor` on; read anew while it is shown. */
export function membersQuery(api: Api, { system, environment }: Place, { key, version }: SegmentView, cursor: string) {
  return queryOptions({
    queryKey: [...SEGMENTS, "members", system, environment, key, version, cursor],
    queryFn: () =>
      answered(
        api.GET("/api/v1/members/{system}/{environment}/{segment}", {
          params: { path: { system, environment, segment: key }, query: { cursor, limit: PAGE_SIZE } },
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 0, // who comes back to the page asks anew
    retry: (failures, error) => error instanceof ProblemError && error.status === 404 && failures < SETTLING_TIMES,
    retryDelay: SETTLING_MS,
    refetchInterval: ({ state }) => (state.dataUpdateCount < 2 ? SETTLING_MS : REFRESH_MS),
  });
}

/** The segments that a user is in now. */
export function segmentsOfQuery(api: Api, { system, environment }: Place, userId: string) {
  return queryOptions({
    queryKey: [...SEGMENTS, "user", system, environment, userId],
    queryFn: async () => {
      const params = { path: { system, environment }, query: { user_id: userId } };
      return (await (answered(api.GET("/api/v1/context/{system}/{environment}", { params })) as Promise<Context>))
        .segments;
    },
    staleTime: 0,
  });
}

export function useCreateSegment() {
  const api = useApi();
  return useChange(({ place: { system, environment }, body }: { place: Place; body: NewSegment }) =>
    answered(
      api.POST("/api/v1/systems/{system}/environments/{environment}/segments", {
        params: { path: { system, environment } },
        body,
      }),
    ),
  );
}

/** Changes a segment from the state that was read; so does the next one. */
export function useReplaceSegment({ system, environment }: Place) {
  const api = useApi();
  return useChange(({ before, body }: { before: SegmentView; body: SegmentBody }) =>
    answered(
      api.PUT("/api/v1/systems/{system}/environments/{environment}/segments/{segment}", {
        params: { path: { system, environment, segment: before.key }, header: ifMatch(before.version) },
        body,
      }),
    ),
  );
}

export function useDeleteSegment({ system, environment }: Place) {
  const api = useApi();
  return useChange(({ key, version }: SegmentView) =>
    answered(
      api.DELETE("/api/v1/systems/{system}/environments/{environment}/segments/{segment}", {
        params: { path: { system, environment, segment: key }, header: ifMatch(version) },
      }),
    ),
  );
}

function useChange<Wanted, Answer>(change: (wanted: Wanted) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    // The list alone: a segment that is being changed must not change under the user's hands.
    onSettled: () => queries.invalidateQueries({ queryKey: [...SEGMENTS, "of"] }),
  });
}
