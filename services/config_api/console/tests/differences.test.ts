/** What differs between two states of something, place by place. */
import { expect, it } from "vitest";
import { differences } from "../src/services/differences";

function told(before: Record<string, unknown> | null, after: Record<string, unknown> | null) {
  return differences(before, after).map(({ path, before: was, after: is }) => [
    path.map(({ name }) => name).join("/"),
    was,
    is,
  ]);
}

it("names the fields that differ, and no others", () => {
  const before = { id: 1, name: "CRM", history: false, version: 3, updated_at: "a" };
  const after = { id: 1, name: "CRM 2", history: false, version: 4, updated_at: "b" };
  expect(told(before, after)).toEqual([["name", "CRM", "CRM 2"]]);
});

it("knows a property by its name, wherever it stands in the list", () => {
  const seats = { property: "seats", type: "Number", time_zone: null };
  const city = { property: "city", type: "String", time_zone: null };
  const before = { mappings: [seats, city] };
  const after = { mappings: [city, { ...seats, time_zone: "Europe/Berlin" }, { property: "name", type: "Date" }] };
  expect(told(before, after)).toEqual([
    ["mappings/seats/time_zone", null, "Europe/Berlin"],
    ["mappings/name/property", undefined, "name"],
    ["mappings/name/type", undefined, "Date"],
  ]);
});

it("tells what people have named from the fields of the API", () => {
  const [difference] = differences(
    { mappings: [{ property: "name", type: "A" }] },
    { mappings: [{ property: "name", type: "B" }] },
  );
  expect(difference?.path).toEqual([
    { name: "mappings", given: false },
    { name: "name", given: true },
    { name: "type", given: false },
  ]);
});

it("shows lists of texts as wholes, and what was made or deleted on one side", () => {
  expect(told({ scopes: ["a"] }, { scopes: ["a", "b"] })).toEqual([["scopes", ["a"], ["a", "b"]]]);
  expect(told(null, { key: "k" })).toEqual([["key", undefined, "k"]]);
  expect(told({ systems: null }, null)).toEqual([["systems", null, undefined]]);
  expect(told(null, null)).toEqual([]);
});

it("takes no name for more than a name", () => {
  const hostile = JSON.parse('{"__proto__": {"x": 1}, "constructor": "c", "list": [{"property": "__proto__"}]}');
  expect(told(null, hostile)).toEqual([
    ["__proto__/x", undefined, 1],
    ["constructor", undefined, "c"],
    ["list/__proto__/property", undefined, "__proto__"],
  ]);
});
