/** Properties that are not mapped: summed over receipts, with what can be told of their types. */
import { expect, it } from "vitest";
import { toBody } from "../src/services/definition";
import type { AttributeView, Proposal } from "../src/services/schema";
import { likelyType, summedUnmapped, withProperty } from "../src/services/unmapped";
import { integration } from "./console";
import { MAPPING, receipt } from "./records";

const SEEN: Proposal = {
  property: "Hired",
  type: "Date",
  date_format: "%d.%m.%Y",
  time_zone: null,
  seen: 3,
  examples: ["01.03.2024"],
};

it("are added up over receipts, from the first to the last time; what is mapped now is left out", () => {
  // given: the newest first
  const receipts = [
    receipt({ received_at: "2026-11-24T12:02:00Z", unmapped: { a: 1, seats: 5 } }),
    receipt({ received_at: "2026-11-24T12:01:00Z", unmapped: { a: 2, b: 9, userId: 1, ts: 1 } }),
    receipt({ received_at: "2026-11-24T12:00:00Z", unmapped: { a: 4 } }),
  ];
  const observed_at = { property: "ts", date_format: null, time_zone: null };
  // when, then
  expect(summedUnmapped(receipts, integration({ mappings: [MAPPING], observed_at }))).toEqual([
    { property: "b", count: 9, first: "2026-11-24T12:01:00Z", last: "2026-11-24T12:01:00Z" },
    { property: "a", count: 7, first: "2026-11-24T12:00:00Z", last: "2026-11-24T12:02:00Z" },
  ]);
});

it("have the type of the attribute of their name, whatever a sample looks like", () => {
  const attribute = { key: "hired", name: "hired", type: "String" } as AttributeView;
  expect(likelyType("Hired", [attribute], SEEN)).toBe("String");
  expect(likelyType("Hired", [], SEEN)).toBe("Date");
  expect(likelyType("Hired", [], undefined)).toBeUndefined();
});

it("are mapped with the format of the sample, but only as the type that it is of", () => {
  const view = integration({ mappings: [MAPPING] });
  const added = (type: "Date" | "String") => toBody(withProperty(view, "Hired", type, SEEN), []).mappings?.[1];
  expect(added("Date")).toMatchObject({
    property: "Hired",
    attribute: "hired",
    name: "Hired",
    date_format: "%d.%m.%Y",
  });
  expect(added("String")).toMatchObject({ type: "String", date_format: null });
});
