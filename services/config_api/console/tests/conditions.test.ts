/** Conditions as they are entered: what is sent of them, where their faults are, and how they are said. */
import { describe, expect, it } from "vitest";
import description from "../../openapi.json";
import { conditionWords } from "../src/components/condition/words";
import { loadTexts } from "../src/i18n";
import { conditionFaults, pointersWithin } from "../src/services/condition-faults";
import {
  type ComparisonDraft,
  type Condition,
  fromCondition,
  type GroupDraft,
  itemsWithin,
  newComparison,
  newCondition,
  nextId,
  OPERATORS,
  ofAttribute,
  toCondition,
} from "../src/services/conditions";
import { exactJson } from "../src/services/exact-json";
import type { AttributeType } from "../src/services/schema";

const LONG = "1234567890123456789012345678901234567890";
const TYPES = new Map<string, AttributeType>([
  ["department", "String"],
  ["seats", "Number"],
  ["hired", "Date"],
]);
const MADE = { version: 1, created_at: "2026-11-24T12:00:00Z", updated_at: "2026-11-24T12:00:00Z" };
const ATTRIBUTES = [...TYPES].map(([key, type], id) => ({ id, key, name: key.toUpperCase(), type, ...MADE }));

const NESTED: Condition = {
  all: [
    { attribute: "department", operator: "in", value: ["Sales", " a\nb "] },
    { not: { attribute: "hired", operator: "in_last", value: { count: 6, unit: "months" } } },
    {
      not: {
        any: [
          { attribute: "seats", operator: "between", value: ["1", LONG] },
          { attribute: "hired", operator: "is_set", value: null },
        ],
      },
    },
  ],
};

function comparison(fields: Partial<ComparisonDraft>): ComparisonDraft {
  return { ...newComparison(1), attribute: "department", texts: ["Sales"], ...fields };
}

function only(item: ComparisonDraft): GroupDraft {
  return { id: 0, match: "all", negated: false, items: [item] };
}

describe("JSON read exactly", () => {
  it.each([
    [`{"value": ${LONG}, "version": 12}`, { value: LONG, version: 12 }],
    ["[0.1, 1500.0, 1e3, -0, -7]", [0.1, "1500.0", "1e3", "-0", -7]],
    [`{"a \\" 1${LONG}": "${LONG}"}`, { [`a " 1${LONG}`]: LONG }],
    ["[true, null, []]", [true, null, []]],
  ])("%s", (text, expected) => {
    expect(exactJson(text)).toEqual(expected);
  });
});

describe("a condition", () => {
  it("comes back as it was, digit by digit and line by line", () => {
    expect(toCondition(fromCondition(NESTED), TYPES)).toEqual(NESTED);
  });

  it("that is one comparison, or twice negated, means the same", () => {
    const one: Condition = { attribute: "department", operator: "equals", value: "Sales" };
    const twice: Condition = { not: { not: one } };
    expect(toCondition(fromCondition(one), TYPES)).toEqual({ all: [one] });
    expect(toCondition(fromCondition(twice), TYPES)).toEqual({ all: [one] });
    expect(toCondition(fromCondition({ not: one }), TYPES)).toEqual({ all: [{ not: one }] });
  });

  it("sends numbers and dates without the blanks around them, and texts with them", () => {
    const sent = (attribute: string) =>
      toCondition(comparison({ attribute, operator: "equals", texts: [" 7 "] }), TYPES);
    expect(sent("seats")).toMatchObject({ value: "7" });
    expect(sent("department")).toMatchObject({ value: " 7 " });
  });

  it("numbers its items so that none is taken for another", () => {
    const root = fromCondition(NESTED);
    const ids = [root, ...itemsWithin(root)].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toContain(nextId(root));
    expect(nextId(newCondition())).toBe(2);
  });

  it("keeps of another attribute's comparison what fits its type", () => {
    const before = comparison({ operator: "equals", negated: true, texts: ["7"] });
    expect(ofAttribute(before, "seats", "Number", "String")).toMatchObject({ operator: "equals", texts: [] });
    expect(ofAttribute(before, "hired", "Date", "String")).toMatchObject({ operator: "on", negated: true });
    expect(ofAttribute(before, "team", "String", "String")).toMatchObject({ texts: ["7"] });
  });

  it("has every operator that the API has", () => {
    const offered = new Set(Object.values(OPERATORS).flat());
    expect([...offered].sort()).toEqual(description.components.schemas.Operator.enum);
  });
});

describe("what is wrong in a condition", () => {
  it.each([
    [{ attribute: "" }, "/condition/all/0/attribute", "attribute"],
    [{ attribute: "gone" }, "/condition/all/0/attribute", "attribute"],
    [{ texts: [""] }, "/condition/all/0/value", "text"],
    [{ texts: [], negated: true }, "/condition/all/0/not/value", "text"],
    [{ operator: "in", texts: [] }, "/condition/all/0/value", "texts"],
    [{ operator: "matches", texts: [""] }, "/condition/all/0/value", "pattern"],
    [{ attribute: "seats", texts: ["1,5"] }, "/condition/all/0/value", "number"],
    [{ attribute: "seats", texts: ["01"] }, "/condition/all/0/value", "number"],
    [{ attribute: "seats", operator: "between", texts: ["1"] }, "/condition/all/0/value", "numbers"],
    [{ attribute: "hired", operator: "on", texts: ["1.3.2024"] }, "/condition/all/0/value", "moment"],
    [{ attribute: "hired", operator: "before", texts: ["2024-03-01T09:30:00"] }, "/condition/all/0/value", "moment"],
    [{ attribute: "hired", operator: "in_last", count: "0" }, "/condition/all/0/value", "period"],
    [{ attribute: "hired", operator: "in_next", count: "10001" }, "/condition/all/0/value", "period"],
  ] as const)("%j is at %s", (fields, pointer, expected) => {
    const root = only(comparison(fields as Partial<ComparisonDraft>));
    expect([...conditionFaults(root, "/condition", TYPES)]).toEqual([[pointer, expected]]);
  });

  it.each([
    { attribute: "seats", texts: [` -${LONG}.5e-3 `] },
    { attribute: "hired", operator: "on", texts: ["2024-03-01T09:30:00.5+02:00"] },
    { attribute: "hired", operator: "older_than", count: "10000" },
    { operator: "is_set", texts: [] },
  ] as const)("is nothing in %j", (fields) => {
    const root = only(comparison(fields as Partial<ComparisonDraft>));
    expect(conditionFaults(root, "/condition", TYPES).size).toBe(0);
  });

  it("is told of an empty group, and by the closest field of a nested one", () => {
    const root = fromCondition(NESTED);
    const pointers = pointersWithin(root, "/condition");
    const closest = (pointer: string) => pointers.find((each) => pointer === each || pointer.startsWith(`${each}/`));
    expect(closest("/condition/all/2/not/any/0/value/1")).toBe("/condition/all/2/not/any/0/value");
    expect(closest("/condition/all/1/not/value/count")).toBe("/condition/all/1/not/value");
    expect(closest("/condition/all/2/not/any")).toBe("/condition/all/2");
    expect(closest("/condition")).toBe("/condition");
    const empty: GroupDraft = { ...root, items: [] };
    expect([...conditionFaults(empty, "/condition", TYPES)]).toEqual([["/condition", "items"]]);
  });
});

describe("a condition in words", () => {
  it.each([
    [
      "en",
      `DEPARTMENT is one of “Sales” or “ a\nb ” and HIRED is not in the last 6 months and not (SEATS is between 1 and ${LONG} or HIRED has a value)`,
    ],
    [
      "de",
      `DEPARTMENT ist einer von „Sales“ oder „ a\nb “ und HIRED liegt nicht in den letzten 6 Monaten und nicht (SEATS liegt zwischen 1 und ${LONG} oder HIRED hat einen Wert)`,
    ],
  ] as const)("in %s", async (language, expected) => {
    const { i18n } = await loadTexts(language);
    expect(conditionWords(i18n.t, language, ATTRIBUTES).line(fromCondition(NESTED))).toBe(expected);
  });

  it("counts the texts of a long list, and says what is not there any more", async () => {
    const { i18n } = await loadTexts("en");
    const words = conditionWords(i18n.t, "en", ATTRIBUTES);
    expect(words.predicate(comparison({ operator: "in", texts: ["a", "b", "c", "d", "e"] }))).toBe(
      "is one of “a”, “b”, “c”, or 2 others",
    );
    expect(words.name("gone")).toBe("gone (not there any more)");
    expect(words.predicate(comparison({ attribute: "seats", negated: true, texts: ["7"] }))).toBe("is not 7");
  });
});
