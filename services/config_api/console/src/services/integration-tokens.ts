import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { Api } from "./api";
import { INTEGRATIONS } from "./integrations";
import { answered } from "./problems";
import { useApi } from "./services";

const REFRESH_MS = 10_000;

/** The live tokens of an integration, two at most; of each, no more than its last characters is known. */
export function integrationTokensQuery(api: Api, integration: number) {
  return queryOptions({
    queryKey: [...INTEGRATIONS, integration, "tokens"],
    queryFn: async () => {
      const params = { path: { integration } };
      return (await answered(api.GET("/api/v1/integrations/{integration}/tokens", { params }))).items;
    },
    refetchInterval: REFRESH_MS,
  });
}

/** Issues a token; a former one lives on beside it for a while (seconds). */
export function useRotate(integration: number) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (overlap_s: number) =>
      answered(
        api.POST("/api/v1/integrations/{integration}/tokens", {
          params: { path: { integration } },
          body: { overlap_s },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: [...INTEGRATIONS, integration, "tokens"] }),
  });
}

export function useRevoke(integration: number) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (secret: number) =>
      answered(
        api.DELETE("/api/v1/integrations/{integration}/tokens/{secret}", { params: { path: { integration, secret } } }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: [...INTEGRATIONS, integration, "tokens"] }),
  });
}
