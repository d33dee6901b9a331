/** Receipts, profiles and the like, as the API gives them, for tests that care for some of their fields. */
import type {
  Explained,
  MappingView,
  ProfileAttribute,
  Receipt,
  ReceiptWithRejects,
  RevisionView,
} from "../src/services/schema";

export const MAPPING: MappingView = {
  property: "seats",
  attribute: "seats",
  name: "Seats",
  type: "Number",
  on_empty: "reject",
  date_format: null,
  time_zone: null,
};

const ORIGIN = {
  integration: 7,
  receipt: "R1",
  index: 13,
  observed_at: "2026-11-24T12:00:00.000000Z",
  received_at: "2026-11-24T12:00:01.000000Z",
  written_at: "2026-11-24T12:00:02.000000Z",
};

export function receipt(fields: Partial<Receipt> = {}): Receipt {
  return {
    receipt: "R1",
    integration: 7,
    revision: 2,
    state: "written",
    failure: null,
    request_id: "q-1",
    received_at: "2026-11-24T12:00:00.000000Z",
    written_at: "2026-11-24T12:00:00.250000Z",
    records: 10,
    written: 10,
    rejected: 0,
    values_rejected: 0,
    superseded: 0,
    erased: 0,
    unmapped: {},
    unmapped_others: 0,
    ...fields,
  };
}

export function withRejects(fields: Partial<ReceiptWithRejects> = {}): ReceiptWithRejects {
  return { ...receipt(), rejects: [], next: null, ...fields };
}

export function revision(number: number, fields: Partial<RevisionView> = {}): RevisionView {
  return {
    number,
    created_at: "2026-11-24T12:00:00Z",
    created_by: "user:1",
    user_id: { property: "userId", trim: false, lower_case: false },
    mappings: [],
    on_invalid: "reject_value",
    on_unknown: "ignore",
    observed_at: null,
    ...fields,
  };
}

export function attribute(fields: Partial<ProfileAttribute> = {}): ProfileAttribute {
  return { name: "Seats", type: "Number", value: 12, text: "12", ...ORIGIN, ...fields };
}

export function explained(fields: Partial<Explained> = {}): Explained {
  return { value: 12, text: "12", revision: 2, ...ORIGIN, ...fields };
}
