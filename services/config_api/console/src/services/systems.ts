import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { type Api, ifMatch } from "./api";
import { allPages, PAGE_LIMIT } from "./paging";
import { answered } from "./problems";
import type {
  AttributeView,
  EnvironmentBody,
  EnvironmentView,
  NewAttribute,
  NewEnvironment,
  NewSystem,
  SystemView,
} from "./schema";
import { useApi } from "./services";

export const SYSTEMS = ["systems"] as const;

export function systemsQuery(api: Api) {
  return queryOptions({
    queryKey: SYSTEMS,
    queryFn: () =>
      allPages((cursor) => answered(api.GET("/api/v1/systems", { params: { query: { limit: PAGE_LIMIT, cursor } } }))),
  });
}

export function environmentsQuery(api: Api, system: string) {
  return queryOptions({
    queryKey: [...SYSTEMS, system, "environments"],
    queryFn: () =>
      allPages((cursor) =>
        answered(
          api.GET("/api/v1/systems/{system}/environments", {
            params: { path: { system }, query: { limit: PAGE_LIMIT, cursor } },
          }),
        ),
      ),
    enabled: system !== "",
  });
}

export function attributesQuery(api: Api, system: string) {
  return queryOptions({
    queryKey: [...SYSTEMS, system, "attributes"],
    queryFn: () => attributesOf(api, system),
    enabled: system !== "",
  });
}

/** All attributes of a system, as they are now. */
export function attributesOf(api: Api, system: string): Promise<AttributeView[]> {
  return allPages((cursor) =>
    answered(
      api.GET("/api/v1/systems/{system}/attributes", {
        params: { path: { system }, query: { limit: PAGE_LIMIT, cursor } },
      }),
    ),
  );
}

export function useCreateSystem() {
  const api = useApi();
  return useChange((body: NewSystem) => answered(api.POST("/api/v1/systems", { body })));
}

/** Names a system anew, from the state that was read; so the others below. */
export function useRenameSystem() {
  const api = useApi();
  return useChange(({ before, name }: { before: SystemView; name: string }) =>
    answered(
      api.PUT("/api/v1/systems/{system}", {
        params: { path: { system: before.key }, header: ifMatch(before.version) },
        body: { name },
      }),
    ),
  );
}

export function useCreateEnvironment(system: string) {
  const api = useApi();
  return useChange((body: NewEnvironment) =>
    answered(api.POST("/api/v1/systems/{system}/environments", { params: { path: { system } }, body })),
  );
}

export function useReplaceEnvironment(system: string) {
  const api = useApi();
  return useChange(({ before, body }: { before: EnvironmentView; body: EnvironmentBody }) =>
    answered(
      api.PUT("/api/v1/systems/{system}/environments/{environment}", {
        params: { path: { system, environment: before.key }, header: ifMatch(before.version) },
        body,
      }),
    ),
  );
}

export function useCreateAttribute(system: string) {
  const api = useApi();
  return useChange((body: NewAttribute) =>
    answered(api.POST("/api/v1/systems/{system}/attributes", { params: { path: { system } }, body })),
  );
}

export function useRenameAttribute(system: string) {
  const api = useApi();
  return useChange(({ before, name }: { before: AttributeView; name: string }) =>
    answered(
      api.PUT("/api/v1/systems/{system}/attributes/{attribute}", {
        params: { path: { system, attribute: before.key }, header: ifMatch(before.version) },
        body: { name },
      }),
    ),
  );
}

export function useDeleteAttribute(system: string) {
  const api = useApi();
  return useChange(({ key, version }: AttributeView) =>
    answered(
      api.DELETE("/api/v1/systems/{system}/attributes/{attribute}", {
        params: { path: { system, attribute: key }, header: ifMatch(version) },
      }),
    ),
  );
}

function useChange<Wanted, Answer>(change: (wanted: Wanted) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => queries.invalidateQueries({ queryKey: SYSTEMS }),
  });
}
