/** Counters of minutes become a row of slices without a gap, for the chart. */
import { expect, it } from "vitest";
import { slices } from "../src/services/minutes";
import type { Counter } from "../src/services/schema";

const FIRST = Date.parse("2026-11-24T12:00:00Z");

it("puts each counter in its minute, and nothing in the others", () => {
  // given
  const counts = { batches: 1, failed: 0, records: 10, written: 8, rejected: 2, values_rejected: 3, superseded: 0 };
  const counters: Counter[] = [{ integration: 7, minute: "2026-11-24T12:58:00.000000Z", ...counts }];
  // when
  const found = slices(counters, FIRST, "minute");
  // then
  expect(found).toHaveLength(60);
  expect(found[58]).toEqual({
    start: new Date("2026-11-24T12:58:00Z"),
    received: 10,
    written: 8,
    rejected: 2,
    valuesRejected: 3,
  });
  expect(found.filter(({ received }) => received > 0)).toHaveLength(1);
  expect(found[59]?.start).toEqual(new Date("2026-11-24T12:59:00Z"));
});

it("does so by the hour as well", () => {
  const found = slices([], FIRST, "hour");
  expect(found).toHaveLength(24);
  expect(found[23]?.start).toEqual(new Date("2026-11-25T11:00:00Z"));
});
