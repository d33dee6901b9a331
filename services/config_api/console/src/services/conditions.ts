import type { AttributeType, Operator, Period, SegmentView } from "./schema";

/** A condition as the API has it. */
export type Condition = SegmentView["condition"];

/** What an operator is given to compare with. */
export type Shape = "none" | "one" | "two" | "list" | "period";

/** A comparison as it is entered: whatever its type, values are texts, so that numbers keep their digits. */
export interface ComparisonDraft {
  id: number;
  /** The attribute's key; empty until one is chosen. */
  attribute: string;
  operator: Operator;
  negated: boolean;
  texts: readonly string[];
  count: string;
  unit: Period["unit"];
}

/** Conditions that belong together, as they are entered. `id` tells items apart while they are moved and removed. */
export interface GroupDraft {
  id: number;
  match: "all" | "any";
  negated: boolean;
  items: readonly ItemDraft[];
}

export type ItemDraft = GroupDraft | ComparisonDraft;

/** How many comparisons a condition may have, and how deep groups may be within each other, as the API has it. */
export const MAX_COMPARISONS = 50;
export const MAX_DEPTH = 10;

export const UNITS: readonly Period["unit"][] = ["days", "weeks", "months"];

/** The operators of each type, the most usual first. */
export const OPERATORS: Readonly<Record<AttributeType, readonly Operator[]>> = {
  String: ["equals", "in", "contains", "starts_with", "ends_with", "matches", "is_empty", "is_set"],
  Number: ["equals", "less", "at_most", "greater", "at_least", "between", "is_set"],
  Date: ["on", "before", "after", "between", "in_last", "in_next", "older_than", "is_set"],
};

const SHAPES: Readonly<Partial<Record<Operator, Shape>>> = {
  in: "list",
  between: "two",
  in_last: "period",
  in_next: "period",
  older_than: "period",
  is_set: "none",
  is_empty: "none",
};

export function shapeOf(operator: Operator): Shape {
  return SHAPES[operator] ?? "one";
}

export function isGroup(item: ItemDraft): item is GroupDraft {
  return "items" in item;
}

/** All of a group's items, and of the groups within it. */
export function itemsWithin(group: GroupDraft): ItemDraft[] {
  return group.items.flatMap((item) => (isGroup(item) ? [item, ...itemsWithin(item)] : [item]));
}

/** An item's number: they only grow, so that an item keeps its own for as long as it is there. */
export function nextId(root: GroupDraft): number {
  return 1 + Math.max(root.id, ...itemsWithin(root).map(({ id }) => id));
}

export function newComparison(id: number): ComparisonDraft {
  return { id, attribute: "", operator: "equals", negated: false, texts: [], count: "", unit: "days" };
}

/** What a condition begins as: one comparison that says nothing yet. */
export function newCondition(): GroupDraft {
  return { id: 0, match: "all", negated: false, items: [newComparison(1)] };
}

/** The comparison of another attribute: what does not fit its type is given up. */
export function ofAttribute(
  draft: ComparisonDraft,
  attribute: string,
  type: AttributeType,
  before?: AttributeType,
): ComparisonDraft {
  const operator = OPERATORS[type].find((each) => each === draft.operator) ?? OPERATORS[type][0] ?? "is_set";
  const same = before === type || before === undefined;
  return { ...draft, attribute, operator, texts: same ? draft.texts : [] };
}

/** A condition as it is entered. Twice not is nothing, also in a logic of three values. */
export function fromCondition(condition: Condition): GroupDraft {
  let last = 0;
  const item = (node: Condition, negated: boolean): ItemDraft => {
    if ("not" in node) {
      return item(node.not, !negated);
    }
    last += 1;
    const id = last;
    if ("all" in node || "any" in node) {
      const [match, nodes] = "all" in node ? (["all", node.all] as const) : (["any", node.any] as const);
      return { id, match, negated, items: nodes.map((each) => item(each, false)) };
    }
    return {
      ...newComparison(id),
      attribute: node.attribute,
      operator: node.operator,
      negated,
      ...entered(node.value),
    };
  };
  const root = item(condition, false);
  return isGroup(root) ? root : { id: 0, match: "all", negated: false, items: [root] };
}

type Value = Extract<Condition, { attribute: string }>["value"];

function entered(value: Value | undefined): Partial<ComparisonDraft> {
  if (value === null || value === undefined) {
    return {};
  }
  if (typeof value === "object" && !Array.isArray(value)) {
    return { count: String(value.count), unit: value.unit };
  }
  return { texts: [value].flat().map(String) };
}

/** What is sent. Numbers go as texts, digit by digit; `types` are those of the attributes, by key. */
export function toCondition(item: ItemDraft, types: ReadonlyMap<string, AttributeType>): Condition {
  const node = isGroup(item) ? toGroup(item, types) : toComparison(item, types.get(item.attribute));
  return item.negated ? { not: node } : node;
}

function toGroup({ match, items }: GroupDraft, types: ReadonlyMap<string, AttributeType>): Condition {
  const nodes = items.map((each) => toCondition(each, types));
  return match === "all" ? { all: nodes } : { any: nodes };
}

function toComparison(draft: ComparisonDraft, type: AttributeType | undefined): Condition {
  const { attribute, operator, count, unit } = draft;
  const [first = "", second = ""] = draft.texts.map((text) => (type === "String" ? text : text.trim()));
  const values: Readonly<Record<Shape, Value>> = {
    none: null,
    one: first,
    two: [first, second],
    list: [...draft.texts],
    period: { count: Number(count), unit },
  };
  return { attribute, operator, value: values[shapeOf(operator)] };
}
