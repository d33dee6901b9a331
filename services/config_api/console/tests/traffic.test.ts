/** Counters of hours become what the list shows. */
import { expect, it } from "vitest";
import type { Counter } from "../src/services/schema";
import { summed } from "../src/services/traffic";

const FROM = new Date("2026-11-23T12:10:00Z");

function counter(integration: number, minute: string, fields: Partial<Counter> = {}): Counter {
  const counts = { batches: 1, failed: 0, records: 10, written: 8, rejected: 2, values_rejected: 3, superseded: 0 };
  return { integration, minute, ...counts, ...fields };
}

it("adds up by integration and puts each hour in its place", () => {
  // when
  const traffic = summed(
    [
      counter(1, "2026-11-23T12:00:00.000000Z"),
      counter(2, "2026-11-23T13:00:00.000000Z", { written: 10, rejected: 0, values_rejected: 0 }),
      counter(1, "2026-11-24T12:00:00.000000Z", { records: 5, written: 5, rejected: 0, values_rejected: 1 }),
    ],
    FROM,
  );
  // then
  const first = traffic.get(1);
  expect(first).toMatchObject({ records: 15, rejects: 6, lastHour: "2026-11-24T12:00:00.000000Z" });
  expect(first?.hours).toHaveLength(25);
  expect(first?.hours[0]).toEqual({ written: 8, rejects: 5 });
  expect(first?.hours[24]).toEqual({ written: 5, rejects: 1 });
  expect(traffic.get(2)?.hours[1]).toEqual({ written: 10, rejects: 0 });
  expect(traffic.has(3)).toBe(false);
});
