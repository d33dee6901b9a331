import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Api } from "./api";
import { answered } from "./problems";
import type { PendingReceipt, ReceiptWithRejects, RejectedRecordView } from "./schema";

export const RECEIPTS = ["receipts"] as const;

const PAGE_SIZE = 25;
const REJECTS = 100;
/** How often the newest receipts are read again (milliseconds). */
const LIVE_MS = 3_000;
const PENDING_MS = 1_000;

/** When a receipt was received: in the last milliseconds, or between two moments (RFC 3339). */
export type Times = { last: number } | { from: string; to: string };

/** Which receipts are wanted; what is undefined is no matter. */
export interface ReceiptsFilter {
  integration: number | undefined;
  state: "written" | "failed" | undefined;
  times: Times | undefined;
}

/** A page of receipts, the newest first. The first one is read again and again, so that new ones appear. */
export function receiptsQuery(api: Api, filter: ReceiptsFilter, cursor: string | undefined) {
  const { integration, state, times } = filter;
  return queryOptions({
    queryKey: [...RECEIPTS, "list", filter, cursor ?? ""],
    queryFn: () => {
      const query = {
        limit: PAGE_SIZE,
        ...(integration === undefined ? {} : { integration }),
        ...(state === undefined ? {} : { state }),
        ...(cursor === undefined ? {} : { cursor }),
        ...between(times),
      };
      return answered(api.GET("/api/v1/receipts", { params: { query } }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: cursor === undefined ? LIVE_MS : false,
  });
}

/** A receipt with its rejects, page by page. One that is pending is read again until it is settled. */
export function receiptQuery(api: Api, receipt: string) {
  return infiniteQueryOptions({
    queryKey: [...RECEIPTS, receipt],
    queryFn: ({ pageParam: cursor }) =>
      answered<PendingReceipt | ReceiptWithRejects>(
        api.GET("/public/v1/receipts/{receipt}", {
          params: { path: { receipt }, query: { limit: REJECTS, cursor } },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => (page.state === "pending" || page.next === null ? undefined : Number(page.next)),
    refetchInterval: ({ state }) => (state.data?.pages[0]?.state === "pending" ? PENDING_MS : false),
  });
}

/** The rejected records of a receipt that were kept. */
export function rejectedRecordsQuery(api: Api, receipt: string, enabled: boolean) {
  return queryOptions({
    queryKey: [...RECEIPTS, receipt, "rejected-records"],
    queryFn: () => rejectedRecords(api, receipt),
    enabled,
  });
}

/** The rejected records of a receipt, as they were sent; of each batch the first 20 are kept. */
export async function rejectedRecords(api: Api, receipt: string): Promise<RejectedRecordView[]> {
  const params = { path: { receipt } };
  return (await answered(api.GET("/api/v1/receipts/{receipt}/rejected-records", { params }))).items;
}

function between(times: Times | undefined): { from?: string; to?: string } {
  if (times === undefined) {
    return {};
  }
  return "last" in times ? { from: new Date(Date.now() - times.last).toISOString() } : times;
}
