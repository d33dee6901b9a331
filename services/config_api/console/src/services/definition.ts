import { attributeKeys, displayName, type Named } from "./attribute-keys";
import type {
  AttributeType,
  AttributeView,
  IntegrationBody,
  IntegrationView,
  MappingBody,
  OnEmpty,
  OnInvalid,
  OnUnknown,
  Definition as PreviewDefinition,
  Proposal,
} from "./schema";

/** A property of the payload, as it is entered. `row` tells rows apart while they are moved and removed. */
export interface PropertyDraft extends Named {
  row: number;
  type: AttributeType;
  onEmpty: OnEmpty;
  dateFormat: string;
  timeZone: string;
}

/** An integration's definition, as it is entered. */
export interface DefinitionDraft {
  name: string;
  system: string;
  environment: string;
  userId: string;
  trim: boolean;
  lowerCase: boolean;
  observedAt: string;
  onInvalid: OnInvalid;
  onUnknown: OnUnknown;
  properties: readonly PropertyDraft[];
}

export const TYPES: readonly AttributeType[] = ["String", "Number", "Date"];

export const EMPTY: DefinitionDraft = {
  name: "",
  system: "",
  environment: "",
  userId: "",
  trim: false,
  lowerCase: false,
  observedAt: "",
  onInvalid: "reject_value",
  onUnknown: "ignore",
  properties: [],
};

/** A new row. The numbers only grow, so that a row keeps its own for as long as it is there. */
export function newProperty(draft: DefinitionDraft, fields: Partial<PropertyDraft> = {}): PropertyDraft {
  const row = 1 + Math.max(0, ...draft.properties.map((each) => each.row));
  return { row, property: "", name: "", type: "String", onEmpty: "reject", dateFormat: "", timeZone: "", ...fields };
}

/** The definition with a row for each property of a sample that has none yet, and with the user ID that it names. */
export function withProposals(draft: DefinitionDraft, userId: string | null, proposals: readonly Proposal[]) {
  let next = draft.userId === "" && userId !== null ? { ...draft, userId } : draft;
  for (const { property, type, date_format, time_zone } of missing(next, proposals)) {
    const fields = { property, type: type ?? "String", dateFormat: date_format ?? "", timeZone: time_zone ?? "" };
    next = { ...next, properties: [...next.properties, newProperty(next, fields)] };
  }
  return next;
}

/** The proposals that the definition does not name yet. Arrays are no attribute's value, and have no type. */
export function missing(draft: DefinitionDraft, proposals: readonly Proposal[]): Proposal[] {
  const named = new Set([draft.userId, draft.observedAt, ...draft.properties.map(({ property }) => property)]);
  return proposals.filter(({ property, type }) => type !== null && !named.has(property));
}

/** What is sent to be kept. Each row feeds the system's attribute of its display name; a new one where there is none. */
export function toBody(draft: DefinitionDraft, attributes: readonly AttributeView[]): IntegrationBody {
  const keys = attributeKeys(draft.properties, attributes);
  return {
    name: draft.name.trim(),
    user_id: { property: draft.userId, trim: draft.trim, lower_case: draft.lowerCase },
    mappings: draft.properties.map((row, index) => mapping(row, keys[index] ?? "")),
    on_invalid: draft.onInvalid,
    on_unknown: draft.onUnknown,
    observed_at: draft.observedAt === "" ? null : { property: draft.observedAt, date_format: null, time_zone: null },
  };
}

/** What is sent to be tried on a sample: rows that are not complete yet are left out. */
export function toPreview(draft: DefinitionDraft): PreviewDefinition {
  const rows = draft.properties.filter(({ property }) => property !== "");
  const keys = attributeKeys(rows, []);
  return {
    user_id: draft.userId === "" ? null : { property: draft.userId, trim: draft.trim, lower_case: draft.lowerCase },
    mappings: rows.map((row, index) => {
      const { property, attribute, on_empty, date_format, time_zone } = mapping(row, keys[index] ?? "");
      return { property, attribute, type: row.type, on_empty, date_format, time_zone };
    }),
    on_invalid: draft.onInvalid,
    on_unknown: draft.onUnknown,
    observed_at: draft.observedAt === "" ? null : { property: draft.observedAt, date_format: null, time_zone: null },
  };
}

/** What is kept, as it is entered. */
export function fromView(view: IntegrationView): DefinitionDraft {
  return {
    name: view.name,
    system: view.system,
    environment: view.environment,
    userId: view.user_id.property,
    trim: view.user_id.trim,
    lowerCase: view.user_id.lower_case,
    observedAt: view.observed_at?.property ?? "",
    onInvalid: view.on_invalid,
    onUnknown: view.on_unknown,
    properties: view.mappings.map((each, row) => ({
      row,
      property: each.property,
      name: each.name,
      kept: { key: each.attribute, name: each.name },
      type: each.type,
      onEmpty: each.on_empty,
      dateFormat: each.date_format ?? "",
      timeZone: each.time_zone ?? "",
    })),
  };
}

function mapping(row: PropertyDraft, attribute: string): MappingBody {
  const dated = row.type === "Date";
  return {
    property: row.property,
    attribute,
    name: displayName(row),
    type: row.type,
    on_empty: row.onEmpty === "keep" && row.type !== "String" ? "reject" : row.onEmpty,
    date_format: dated && row.dateFormat !== "" ? row.dateFormat : null,
    time_zone: dated && row.timeZone !== "" ? row.timeZone : null,
  };
}
