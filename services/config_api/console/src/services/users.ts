import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { type Api, ifMatch } from "./api";
import { allPages, PAGE_LIMIT } from "./paging";
import { answered } from "./problems";
import type { NewUser, PasswordChange, UserBody, UserView } from "./schema";
import { useApi, useServices } from "./services";

export const USERS = ["users"] as const;

/** All console users within the caller's systems. */
export function usersQuery(api: Api) {
  return queryOptions({
    queryKey: USERS,
    queryFn: () =>
      allPages((cursor) => answered(api.GET("/api/v1/users", { params: { query: { limit: PAGE_LIMIT, cursor } } }))),
  });
}

export function useCreateUser() {
  const api = useApi();
  return useChange((body: NewUser) => answered(api.POST("/api/v1/users", { body })));
}

/** Changes a user's role, systems, and whether they may sign in, from the state that was read. */
export function useReplaceUser() {
  const api = useApi();
  return useChange(({ before, changed }: { before: UserView; changed: Partial<UserBody> }) =>
    answered(
      api.PUT("/api/v1/users/{user}", {
        params: { path: { user: before.id }, header: ifMatch(before.version) },
        body: { role: before.role, systems: before.systems, disabled: before.disabled, ...changed },
      }),
    ),
  );
}

export function useResetPassword() {
  const api = useApi();
  return useChange(({ user, password }: { user: number; password: string }) =>
    answered(api.PUT("/api/v1/users/{user}/password", { params: { path: { user } }, body: { password } })),
  );
}

/** One's own password; the session goes on as another one, with a CSRF token of its own. */
export function useChangePassword() {
  const { api, session } = useServices();
  return useMutation({
    mutationFn: (body: PasswordChange) => answered(api.PUT("/api/v1/session/password", { body })),
    onSuccess: (user) => session.renew(user),
  });
}

function useChange<Wanted, Answer>(change: (wanted: Wanted) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => queries.invalidateQueries({ queryKey: USERS }),
  });
}
