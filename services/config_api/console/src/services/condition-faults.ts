import { type ComparisonDraft, type GroupDraft, type ItemDraft, isGroup, shapeOf } from "./conditions";
import type { AttributeType } from "./schema";

/** What a place of a condition must hold: keys of the texts that say so. */
export type Expected =
  | "attribute"
  | "items"
  | "text"
  | "texts"
  | "pattern"
  | "number"
  | "numbers"
  | "moment"
  | "moments"
  | "period";

/** An item, and where it stands in the condition that is sent: a JSON pointer (RFC 6901). */
export interface Placed<Item extends ItemDraft = ItemDraft> {
  item: Item;
  pointer: string;
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,4})?$/;
const MOMENT = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d))?$/;
const COUNT = /^(?:[1-9]\d{0,3}|10000)$/;

/** Where an item's own members are: within its negation, where it has one. */
function inside({ negated }: ItemDraft, pointer: string): string {
  return negated ? `${pointer}/not` : pointer;
}

/** Where an item of a group is. */
export function pointerOf(group: GroupDraft, pointer: string, index: number): string {
  return `${inside(group, pointer)}/${group.match}/${index}`;
}

/** Where a field of a comparison is. */
export function fieldPointer(
  item: ComparisonDraft,
  pointer: string,
  field: "attribute" | "operator" | "value",
): string {
  return `${inside(item, pointer)}/${field}`;
}

/** Every item of a condition with its place, those within before those around them. */
export function placed(item: ItemDraft, pointer: string): Placed[] {
  const within = isGroup(item)
    ? item.items.flatMap((each, index) => placed(each, pointerOf(item, pointer, index)))
    : [];
  return [...within, { item, pointer }];
}

/** The pointers that the fields of a condition show, the closest first. */
export function pointersWithin(root: GroupDraft, pointer: string): string[] {
  return placed(root, pointer).flatMap(({ item, pointer: at }) =>
    isGroup(item)
      ? [at]
      : [...(["attribute", "operator", "value"] as const).map((field) => fieldPointer(item, at, field)), at],
  );
}

/** What is missing in a condition or cannot be, by pointer; `types` are those of the attributes, by key. */
export function conditionFaults(root: GroupDraft, pointer: string, types: ReadonlyMap<string, AttributeType>) {
  const found = new Map<string, Expected>();
  for (const { item, pointer: at } of placed(root, pointer)) {
    if (isGroup(item)) {
      if (item.items.length === 0) {
        found.set(at, "items");
      }
      continue;
    }
    const type = types.get(item.attribute);
    if (type === undefined) {
      found.set(fieldPointer(item, at, "attribute"), "attribute");
    } else if (!isComplete(item, type)) {
      found.set(fieldPointer(item, at, "value"), expectedValue(item, type));
    }
  }
  return found;
}

/** What the value of a comparison must be. */
export function expectedValue({ operator }: ComparisonDraft, type: AttributeType): Expected {
  const shape = shapeOf(operator);
  if (shape === "period") {
    return "period";
  }
  const one = type === "Number" ? "number" : type === "Date" ? "moment" : operator === "matches" ? "pattern" : "text";
  return shape === "two" || shape === "list" ? (`${one}s` as Expected) : one;
}

/** Whether a value is there that may be one; the API looks closer, and knows the calendar. */
function isComplete(draft: ComparisonDraft, type: AttributeType): boolean {
  const { operator, texts, count } = draft;
  const fits = (text: string | undefined) =>
    text !== undefined && (type === "String" ? text !== "" : (type === "Number" ? NUMBER : MOMENT).test(text.trim()));
  switch (shapeOf(operator)) {
    case "none":
      return true;
    case "period":
      return COUNT.test(count.trim());
    case "list":
      return texts.length > 0;
    case "two":
      return fits(texts[0]) && fits(texts[1]);
    default:
      return fits(texts[0]);
  }
}
