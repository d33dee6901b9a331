import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { type Api, ifMatch } from "./api";
import { allPages, PAGE_LIMIT } from "./paging";
import { answered } from "./problems";
import type { AccessTokenBody, AccessTokenView } from "./schema";
import { useApi } from "./services";

export const ACCESS_TOKENS = ["access-tokens"] as const;

/** The live access tokens, or the revoked ones; for those alone who may manage them. */
export function accessTokensQuery(api: Api, allowed: boolean, revoked = false) {
  return queryOptions({
    queryKey: [...ACCESS_TOKENS, revoked],
    queryFn: () =>
      allPages((cursor) =>
        answered(api.GET("/api/v1/access-tokens", { params: { query: { limit: PAGE_LIMIT, cursor, revoked } } })),
      ),
    enabled: allowed,
  });
}

/** Whether a token may send data to a system. */
export function maySend({ scopes, systems, expired }: AccessTokenView, system: string): boolean {
  return !expired && scopes.includes("data:write") && (systems === null || systems.includes(system));
}

type Given = Pick<AccessTokenBody, "name" | "scopes" | "systems"> & Partial<AccessTokenBody>;

export function useCreateAccessToken() {
  const api = useApi();
  return useChange((body: Given) =>
    answered(api.POST("/api/v1/access-tokens", { body: { records_per_s: null, expires_at: null, ...body } })),
  );
}

/** Changes what a token may do, from the state that was read. */
export function useReplaceAccessToken() {
  const api = useApi();
  return useChange(({ before, body }: { before: AccessTokenView; body: AccessTokenBody }) =>
    answered(
      api.PUT("/api/v1/access-tokens/{access_token}", {
        params: { path: { access_token: before.id }, header: ifMatch(before.version) },
        body,
      }),
    ),
  );
}

/** A new secret of a token; the former one lives on beside it, in seconds. */
export function useRotateAccessToken() {
  const api = useApi();
  return useChange(({ id, overlap_s }: { id: number; overlap_s: number }) =>
    answered(
      api.POST("/api/v1/access-tokens/{access_token}/rotate", {
        params: { path: { access_token: id } },
        body: { overlap_s },
      }),
    ),
  );
}

/** Ends a token for ever. */
export function useRevokeAccessToken() {
  const api = useApi();
  return useChange(({ id, version }: AccessTokenView) =>
    answered(
      api.DELETE("/api/v1/access-tokens/{access_token}", {
        params: { path: { access_token: id }, header: ifMatch(version) },
      }),
    ),
  );
}

function useChange<Wanted, Answer>(change: (wanted: Wanted) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => queries.invalidateQueries({ queryKey: ACCESS_TOKENS }),
  });
}
