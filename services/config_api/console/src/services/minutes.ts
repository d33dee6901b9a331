import { queryOptions } from "@tanstack/react-query";
import type { Api } from "./api";
import { answered } from "./problems";
import type { Counter } from "./schema";
import { TRAFFIC } from "./traffic";

/** What each bar of the chart stands for, and how many there are. */
export const SPANS = { minute: { ms: 60_000, count: 60 }, hour: { ms: 3_600_000, count: 24 } } as const;
export type Step = keyof typeof SPANS;

const REFRESH_MS = 10_000;

/** What came in during a minute or an hour. */
export interface Slice {
  /** When it began. */
  start: Date;
  received: number;
  written: number;
  rejected: number;
  valuesRejected: number;
}

/** What came in for an integration lately, minute by minute or hour by hour; the oldest first. */
export function slicesQuery(api: Api, integration: number, step: Step) {
  return queryOptions({
    queryKey: [...TRAFFIC, integration, step],
    queryFn: async () => {
      const to = new Date();
      const { ms, count } = SPANS[step];
      // Whole ones: the first begins where its counter does.
      const first = (Math.floor(to.getTime() / ms) - count + 1) * ms;
      const query = { integration, step, from: new Date(first).toISOString(), to: to.toISOString() };
      const { items } = await answered(api.GET("/api/v1/receipts/counters", { params: { query } }));
      return slices(items, first, step);
    },
    refetchInterval: REFRESH_MS,
  });
}

/** The counters as slices without a gap, from the time `first` (milliseconds) on. */
export function slices(counters: readonly Counter[], first: number, step: Step): Slice[] {
  const { ms, count } = SPANS[step];
  const byStart = new Map(counters.map((counter) => [Date.parse(counter.minute), counter]));
  return Array.from({ length: count }, (_, index) => {
    const start = first + index * ms;
    const counter = byStart.get(start);
    return {
      start: new Date(start),
      received: counter?.records ?? 0,
      written: counter?.written ?? 0,
      rejected: counter?.rejected ?? 0,
      valuesRejected: counter?.values_rejected ?? 0,
    };
  });
}
