import { infiniteQueryOptions } from "@tanstack/react-query";
import type { Api } from "./api";
import { answered } from "./problems";
import type { Entry } from "./schema";

const PAGE = 50;

/** Which changes: of a kind, of an object, of a system; empty is any. */
export interface AuditFilters {
  kind: string;
  object: string;
  system: string;
}

interface EntryPage {
  items: Entry[];
  next: string | null;
}

/** The audit log, the newest first, page by page. */
export function auditQuery(api: Api, filters: AuditFilters) {
  const chosen = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ""));
  return infiniteQueryOptions({
    queryKey: ["audit", filters],
    queryFn: async ({ pageParam }) => {
      const query = { ...chosen, cursor: pageParam, limit: PAGE };
      return entries(await answered(api.GET("/api/v1/audit", { params: { query }, parseAs: "text" })));
    },
    initialPageParam: 0,
    getNextPageParam: ({ next }: EntryPage) => (next === null ? undefined : Number(next)),
  });
}

/** A page of entries. Numbers that JavaScript's cannot hold stay as they are written, where the browser tells. */
function entries(text: string): EntryPage {
  return JSON.parse(text, (_key: string, value: unknown, written?: { source?: string }) =>
    typeof value === "number" && !Number.isSafeInteger(value) ? (written?.source ?? value) : value,
  );
}
