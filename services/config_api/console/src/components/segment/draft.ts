import type { TFunction } from "i18next";
import { conditionFaults, expectedValue, fieldPointer, placed, pointersWithin } from "../../services/condition-faults";
import { fromCondition, type GroupDraft, isGroup, newCondition } from "../../services/conditions";
import { faultsByField } from "../../services/problems";
import type { AttributeType, SegmentView } from "../../services/schema";
import type { Place } from "../../services/segments";
import { CONDITION } from "../condition/condition-fields";
import { checkNames, type Names } from "../named-fields";

/** A segment as it is entered. */
export interface SegmentDraft extends Names, Place {
  condition: GroupDraft;
}

type Types = ReadonlyMap<string, AttributeType>;

export function newSegment(place: Place): SegmentDraft {
  return { name: "", key: "", ...place, condition: newCondition() };
}

export function fromView(view: SegmentView, place: Place): SegmentDraft {
  return { name: view.name, key: view.key, ...place, condition: fromCondition(view.condition) };
}

/** What is missing or cannot be, by pointer. */
export function checkSegment(t: TFunction, draft: SegmentDraft, types: Types): Map<string, string> {
  const faults = checkNames(t, draft);
  if (draft.system === "") {
    faults.set("/system", t("createSegment.systemMissing"));
  }
  if (draft.environment === "") {
    faults.set("/environment", t("createSegment.environmentMissing"));
  }
  for (const [pointer, expected] of conditionFaults(draft.condition, CONDITION, types)) {
    faults.set(pointer, t(`condition.expected.${expected}`));
  }
  return faults;
}

/** What the API found: at the fields that it is about, and whatever no field shows. */
export function segmentFaults(t: TFunction, error: unknown, draft: SegmentDraft, types: Types) {
  const fields = [...pointersWithin(draft.condition, CONDITION), "/name", "/key"];
  const { shown, others } = faultsByField(t, error, fields);
  // Of a value, what it must be says more than that it is not valid.
  for (const { item, pointer } of placed(draft.condition, CONDITION)) {
    const at = isGroup(item) ? "" : fieldPointer(item, pointer, "value");
    const type = isGroup(item) ? undefined : types.get(item.attribute);
    if (!isGroup(item) && type !== undefined && shown.has(at)) {
      shown.set(at, t(`condition.expected.${expectedValue(item, type)}`));
    }
  }
  return { shown, others };
}
