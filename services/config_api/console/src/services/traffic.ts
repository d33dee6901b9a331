import { queryOptions } from "@tanstack/react-query";
import type { Api } from "./api";
import { answered } from "./problems";
import type { Counter } from "./schema";

const HOUR_MS = 3_600_000;
const SPAN_HOURS = 24;
const REFRESH_MS = 30_000;

export const TRAFFIC = ["traffic"] as const;

export interface Hour {
  written: number;
  /** Records and values that were refused. */
  rejects: number;
}

/** What came in for an integration in the last 24 hours. */
export interface Traffic {
  records: number;
  rejects: number;
  /** The hours, the oldest first. The first and the last one are parts of an hour. */
  hours: readonly Hour[];
  /** When the last hour in which something came in began (RFC 3339). */
  lastHour: string;
}

/** What came in for each integration (by id) in the last 24 hours; those without anything are missing. */
export function trafficQuery(api: Api) {
  return queryOptions({
    queryKey: TRAFFIC,
    queryFn: async () => {
      const to = new Date();
      const from = new Date(to.getTime() - SPAN_HOURS * HOUR_MS);
      const query = { from: from.toISOString(), to: to.toISOString(), step: "hour" as const };
      const counters = await answered(api.GET("/api/v1/receipts/counters", { params: { query } }));
      return summed(counters.items, from);
    },
    refetchInterval: REFRESH_MS,
  });
}

/** When something came in last for an integration, however long ago; null if nothing did. */
export function lastReceivedQuery(api: Api, integration: number) {
  return queryOptions({
    queryKey: [...TRAFFIC, integration, "last"],
    queryFn: async () => {
      const query = { integration, limit: 1 };
      const page = await answered(api.GET("/api/v1/receipts", { params: { query } }));
      return page.items[0]?.received_at ?? null;
    },
    refetchInterval: REFRESH_MS,
  });
}

/** The counters of 24 hours from `from` on, added up by integration. */
export function summed(counters: readonly Counter[], from: Date): ReadonlyMap<number, Traffic> {
  const first = Math.floor(from.getTime() / HOUR_MS);
  const sums = new Map<number, Traffic & { hours: Hour[] }>();
  for (const counter of counters) {
    const sum = sums.get(counter.integration) ?? { records: 0, rejects: 0, hours: empty(), lastHour: "" };
    const rejects = counter.rejected + counter.values_rejected;
    sum.records += counter.records;
    sum.rejects += rejects;
    sum.lastHour = counter.minute; // they come in their order
    const hour = sum.hours[Math.floor(Date.parse(counter.minute) / HOUR_MS) - first];
    if (hour !== undefined) {
      hour.written += counter.written;
      hour.rejects += rejects;
    }
    sums.set(counter.integration, sum);
  }
  return sums;
}

function empty(): Hour[] {
  return Array.from({ length: SPAN_HOURS + 1 }, () => ({ written: 0, rejects: 0 }));
}
