/** What is entered becomes what is sent: keys of attributes, proposals, samples digit by digit. */
import { describe, expect, it } from "vitest";
import { attributeKeys } from "../src/services/attribute-keys";
import { EMPTY, fromView, missing, newProperty, toBody, toPreview, withProposals } from "../src/services/definition";
import { madeUpRecord, recordsOf } from "../src/services/sample";
import type { AttributeView, Proposal } from "../src/services/schema";
import { integration } from "./console";

const named = (...names: string[]) => names.map((name) => ({ name, property: "p" }));

function attribute(key: string, name: string): AttributeView {
  const at = "2026-11-24T12:00:00Z";
  return { id: 1, key, name, type: "String", version: 1, created_at: at, updated_at: at };
}

function proposal(property: string, type: Proposal["type"], date_format: string | null = null): Proposal {
  return { property, type, date_format, time_zone: null, seen: 1, examples: [] };
}

describe("the key of an attribute", () => {
  it("is that of the system's attribute of the same name, however it is written", () => {
    expect(attributeKeys(named(" department "), [attribute("dep_1", "Department")])).toEqual(["dep_1"]);
  });

  it.each([
    ["Größe (cm)", "grosse_cm"],
    ["Straße", "strasse"],
    ["properties.ID", "properties_id"],
    ["部門", "attribute"],
    ["__proto__", "proto"],
    ["x".repeat(300), "x".repeat(63)],
  ])("of a new name %j is %j", (name, key) => {
    expect(attributeKeys(named(name), [])).toEqual([key]);
    expect(key).toMatch(/^[a-z0-9][a-z0-9_-]{0,62}$/);
  });

  it("is taken once, but by rows of one name", () => {
    const long = "y".repeat(70);
    expect(
      attributeKeys(named("a b", "a-b", "A B", "部門", "所属", long, `${long}z`), [attribute("a_b_2", "Other")]),
    ).toEqual(["a_b", "a_b_3", "a_b", "attribute", "attribute_2", "y".repeat(63), `${"y".repeat(61)}_2`]);
  });
});

describe("the key of a row that is kept", () => {
  const kept = { key: "dep", name: "Department" };

  it("stays while its name does, even when the attribute was deleted meanwhile", () => {
    expect(attributeKeys([{ name: "Department", property: "p", kept }], [])).toEqual(["dep"]);
  });

  it("is another one under another name", () => {
    expect(attributeKeys([{ name: "Division", property: "p", kept }], [attribute("dep", "Department")])).toEqual([
      "division",
    ]);
  });
});

describe("proposals", () => {
  const proposals = [proposal("userId", "String"), proposal("hired", "Date", "%d.%m.%Y"), proposal("tags", null)];

  it("become rows with type and format; the user ID and arrays become none", () => {
    const draft = withProposals(EMPTY, "userId", proposals);
    expect(draft.userId).toBe("userId");
    expect(draft.properties).toEqual([newProperty(EMPTY, { property: "hired", type: "Date", dateFormat: "%d.%m.%Y" })]);
    expect(missing(draft, proposals)).toEqual([]);
  });

  it("change nothing that was entered", () => {
    const entered = { ...EMPTY, userId: "id", properties: [newProperty(EMPTY, { property: "hired", type: "String" })] };
    const draft = withProposals(entered, "userId", proposals);
    expect(draft.userId).toBe("id");
    expect(draft.properties.map(({ property, type }) => [property, type])).toEqual([
      ["hired", "String"],
      ["userId", "String"],
    ]);
    expect(new Set(draft.properties.map(({ row }) => row)).size).toBe(2);
  });
});

describe("a definition", () => {
  it("is sent as the API takes it: formats of dates alone, no empty texts kept but of strings", () => {
    const properties = [
      newProperty(EMPTY, { property: "hired", name: " Hired ", type: "Date", dateFormat: "%d.%m.%Y", onEmpty: "keep" }),
      newProperty(EMPTY, { property: "seats", type: "Number", dateFormat: "%d" }),
    ];
    const body = toBody({ ...EMPTY, name: " N ", userId: " id", properties }, []);
    expect(body.name).toBe("N");
    expect(body.user_id.property).toBe(" id");
    expect(body.mappings).toMatchObject([
      {
        property: "hired",
        attribute: "hired",
        name: "Hired",
        date_format: "%d.%m.%Y",
        time_zone: null,
        on_empty: "reject",
      },
      { property: "seats", attribute: "seats", name: "seats", date_format: null },
    ]);
    expect(body.observed_at).toBeNull();
  });

  it("that is kept comes back as it was", () => {
    const mappings = [
      {
        property: "a.b",
        attribute: "k",
        name: "A",
        type: "Date",
        on_empty: "clear",
        date_format: "epoch_s",
        time_zone: null,
      },
    ] as const;
    const view = integration({
      mappings: [...mappings],
      observed_at: { property: "at", date_format: null, time_zone: null },
    });
    const body = toBody(fromView(view), [attribute("k", "A")]);
    expect(body).toEqual({
      name: view.name,
      user_id: view.user_id,
      mappings: view.mappings,
      on_invalid: view.on_invalid,
      on_unknown: view.on_unknown,
      observed_at: view.observed_at,
    });
  });

  it("is tried without the rows that are not complete", () => {
    const draft = { ...EMPTY, properties: [newProperty(EMPTY), newProperty(EMPTY, { property: "b" })] };
    expect(toPreview(draft)).toMatchObject({ user_id: null, mappings: [{ property: "b", attribute: "b" }] });
  });
});

describe("a sample", () => {
  it.each([
    ['[{"a": 1}]', '[{"a": 1}]'],
    ['{"a": 12345678901234567890.50}', '[{"a": 12345678901234567890.50}]'],
    ['{"data" : [ {"a": 1e400} ] , "token": "x"}', '[ {"a": 1e400} ]'],
    ['{"token": "\\"data\\": [2], {", "data": [{"data": [3], "x": "]}"}]}', '[{"data": [3], "x": "]}"}]'],
    ['{"data": [1], "\\u0064ata": [{"a": 2}]}', '[{"a": 2}]'],
    ['{"data": {"a": 1}}', '[{"data": {"a": 1}}]'],
    ['{"n": {"data": [1]}}', '[{"n": {"data": [1]}}]'],
  ])("%j has the records %j, as they were written", (text, records) => {
    expect(recordsOf(text)).toBe(records);
  });

  it.each(["", "{", "[]", '{"data": []}', "12", "null", '"text"', "{'a': 1}"])("%j has none", (text) => {
    expect(recordsOf(text)).toBeUndefined();
  });

  it("can be made up, whatever the properties are called", () => {
    const record = JSON.parse(
      madeUpRecord("id", [
        { property: "__proto__", type: "Number" },
        { property: 'a"b', type: "Date" },
      ]),
    );
    expect(Object.entries(record)).toEqual([
      ["id", "u-17"],
      ["__proto__", 12],
      ['a"b', "2024-03-01"],
    ]);
  });
});
