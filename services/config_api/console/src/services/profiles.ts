import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { Api } from "./api";
import { answered } from "./problems";
import type { ProfilePage, ProfileView } from "./schema";
import { SEGMENTS } from "./segments";
import { useApi } from "./services";

export const PROFILES = ["profiles"] as const;

const PAGE_SIZE = 25;

/** Whose profile: user IDs are any text, so they stand in no path of the console's, but in its query. */
export interface Person {
  system: string;
  environment: string;
  userId: string;
}

/** The address of a profile's page. */
export function profilePath({ system, environment, userId }: Person): string {
  return `/profiles/user?${new URLSearchParams({ system, environment, user_id: userId })}`;
}

/** Whether a user ID can be part of an address: browsers take these two for steps of it (RFC 3986, 5.2.4). */
export function isInPath(userId: string): boolean {
  return userId !== "." && userId !== "..";
}

/** A page of the profiles whose user ID begins with a prefix, from the one after the user ID `cursor` on. */
export function profilesQuery(api: Api, system: string, environment: string, prefix: string, cursor: string) {
  return queryOptions({
    queryKey: [...PROFILES, system, environment, prefix, cursor],
    queryFn: () =>
      answered(
        api.GET("/api/v1/profiles/{system}/{environment}", {
          params: { path: { system, environment }, query: { prefix, cursor, limit: PAGE_SIZE } },
        }),
      ) as Promise<ProfilePage>,
    enabled: system !== "" && environment !== "",
    placeholderData: keepPreviousData,
  });
}

export function profileQuery(api: Api, { system, environment, userId }: Person) {
  return queryOptions({
    queryKey: [...PROFILES, "of", system, environment, userId],
    queryFn: () =>
      answered(
        api.GET("/api/v1/profiles/{system}/{environment}", {
          params: { path: { system, environment }, query: { user_id: userId } },
        }),
      ) as Promise<ProfileView>,
    staleTime: 0, // who comes back to see what has arrived asks anew
  });
}

/** Why an attribute has its value: where it came from, and what lost against it. */
export function explanationQuery(api: Api, { system, environment, userId }: Person, key: string) {
  return queryOptions({
    queryKey: [...PROFILES, "explain", system, environment, userId, key],
    queryFn: () =>
      answered(
        api.GET("/api/v1/profiles/{system}/{environment}/{user}/attributes/{key}/explain", {
          params: { path: { system, environment, user: userId, key } },
        }),
      ),
    staleTime: 0,
  });
}

/** All that is stored about a person, as the text of a JSON file: read and written again, numbers would lose digits. */
export function exported(api: Api, { system, environment, userId }: Person): Promise<string> {
  return answered(
    api.GET("/api/v1/profiles/{system}/{environment}/{user}/export", {
      params: { path: { system, environment, user: userId } },
      parseAs: "text",
    }),
  );
}

/** Erases what was observed of a person up to now, for good. */
export function useErase() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ system, environment, userId }: Person) =>
      answered(
        api.DELETE("/api/v1/profiles/{system}/{environment}", {
          params: { path: { system, environment }, query: { user_id: userId } },
        }),
      ),
    // What is on the screen is the erased profile, which is left next: reading it again would find nothing.
    onSuccess: () =>
      Promise.all([PROFILES, SEGMENTS].map((queryKey) => queries.invalidateQueries({ queryKey, refetchType: "none" }))),
  });
}
