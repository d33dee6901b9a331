import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { type Api, ifMatch } from "./api";
import { type DefinitionDraft, toBody } from "./definition";
import { allPages, PAGE_LIMIT } from "./paging";
import { answered } from "./problems";
import type { IntegrationState, IntegrationView } from "./schema";
import { useApi } from "./services";
import { attributesOf } from "./systems";

export const INTEGRATIONS = ["integrations"] as const;

/** What can be done to an integration as a whole, beside changing its definition. */
export type Move = "activate" | "pause" | "resume" | "delete" | "restore";

/** The moves that each state allows. */
export const MOVES: Readonly<Record<IntegrationState, readonly Move[]>> = {
  draft: ["activate", "delete"],
  active: ["pause", "delete"],
  paused: ["resume", "delete"],
  deleted: ["restore"],
};

/** All integrations, those that are deleted among them. */
export function integrationsQuery(api: Api) {
  const list = (state?: IntegrationState) =>
    allPages((cursor) =>
      answered(
        api.GET("/api/v1/integrations", {
          params: { query: { limit: PAGE_LIMIT, cursor, ...(state === undefined ? {} : { state }) } },
        }),
      ),
    );
  return queryOptions({
    queryKey: INTEGRATIONS,
    queryFn: async () => (await Promise.all([list(), list("deleted")])).flat(),
  });
}

/** One integration, read anew each time: what is being changed must not change under the user's hands. */
export function integrationQuery(api: Api, integration: number) {
  return queryOptions({
    queryKey: [...INTEGRATIONS, integration],
    queryFn: () => answered(api.GET("/api/v1/integrations/{integration}", { params: { path: { integration } } })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

export function useMove() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ integration, move }: { integration: IntegrationView; move: Move }) => act(api, integration, move),
    onSettled: () => queries.invalidateQueries({ queryKey: INTEGRATIONS }),
  });
}

export function useDuplicate() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ integration, name, environment }: { integration: number; name: string; environment: string }) =>
      answered(
        api.POST("/api/v1/integrations/{integration}/duplicate", {
          params: { path: { integration } },
          body: { name, environment },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: INTEGRATIONS }),
  });
}

/** Each with the state that was read: what somebody else has changed meanwhile is not overruled (412). */
async function act(api: Api, { id, version }: IntegrationView, move: Move): Promise<void> {
  const params = { path: { integration: id }, header: ifMatch(version) };
  if (move === "delete") {
    await answered(api.DELETE("/api/v1/integrations/{integration}", { params }));
  } else {
    await answered(api.POST(`/api/v1/integrations/{integration}/${move}`, { params }));
  }
}

/** Makes a draft of a definition, or replaces what was kept of it before (at the version that was read). */
export async function keepDraft(
  api: Api,
  draft: DefinitionDraft,
  kept: IntegrationView | undefined,
): Promise<IntegrationView> {
  const attributes = await attributesOf(api, draft.system);
  const body = toBody(draft, attributes);
  if (kept === undefined) {
    const { system, environment } = draft;
    return answered(api.POST("/api/v1/integrations", { body: { ...body, system, environment, state: "draft" } }));
  }
  const params = { path: { integration: kept.id }, header: ifMatch(kept.version) };
  return answered(api.PUT("/api/v1/integrations/{integration}", { params, body }));
}

/** A new token of an integration; it is shown this once. */
export async function issueToken(api: Api, integration: number): Promise<string> {
  const params = { path: { integration } };
  const body = { overlap_s: 86_400 };
  return (await answered(api.POST("/api/v1/integrations/{integration}/tokens", { params, body }))).token;
}
