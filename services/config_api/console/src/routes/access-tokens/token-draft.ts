import type { TFunction } from "i18next";
import type { Reach } from "../../components/systems-field";
import type { AccessTokenBody, AccessTokenView, Scope } from "../../services/schema";

/** An access token as the form has it. */
export interface TokenDraft {
  name: string;
  scopes: readonly Scope[];
  systems: Reach;
  /** Records a second; empty is the gateways' default. */
  rate: string;
  /** The last day on which it works (yyyy-mm-dd, where the user is); empty is for ever. */
  lastDay: string;
}

export const FIELDS = ["/name", "/scopes", "/systems", "/records_per_s", "/expires_at"];
const MAX_RATE = 1e9;

export const NEW: TokenDraft = {
  name: "",
  scopes: ["data:write", "receipts:read"],
  systems: null,
  rate: "",
  lastDay: "",
};

export function fromView({ name, scopes, systems, records_per_s, expires_at }: AccessTokenView): TokenDraft {
  return {
    name,
    scopes,
    systems,
    rate: records_per_s === null ? "" : String(records_per_s),
    lastDay: expires_at === null ? "" : lastDay(expires_at),
  };
}

/** What the API is asked for. The end of a token stays to the second where the day was not touched. */
export function toBody(draft: TokenDraft, before: AccessTokenView | undefined): AccessTokenBody {
  const kept = before?.expires_at ?? null;
  return {
    name: draft.name.trim(),
    scopes: [...draft.scopes],
    systems: draft.systems === null ? null : [...draft.systems],
    records_per_s: draft.rate.trim() === "" ? null : Number(draft.rate),
    expires_at: kept !== null && lastDay(kept) === draft.lastDay ? kept : endOf(draft.lastDay),
  };
}

/** What is missing or cannot be, by pointer. */
export function check(t: TFunction, { name, scopes, systems, rate, lastDay: day }: TokenDraft): Map<string, string> {
  const faults = new Map<string, string>();
  if (name.trim() === "") {
    faults.set("/name", t("accessTokens.nameMissing"));
  }
  if (scopes.length === 0) {
    faults.set("/scopes", t("accessTokens.scopesMissing"));
  }
  if (systems?.length === 0) {
    faults.set("/systems", t("rights.systemsMissing"));
  }
  if (rate.trim() !== "" && !(/^\d+$/.test(rate.trim()) && Number(rate) <= MAX_RATE)) {
    faults.set("/records_per_s", t("accessTokens.rateInvalid"));
  }
  if (day !== "" && endOf(day) === null) {
    faults.set("/expires_at", t("accessTokens.lastDayInvalid"));
  }
  return faults;
}

function endOf(day: string): string | null {
  const [year, month, date] = day.split("-").map(Number);
  const end = new Date(year ?? Number.NaN, (month ?? Number.NaN) - 1, (date ?? Number.NaN) + 1);
  return Number.isNaN(end.getTime()) ? null : end.toISOString();
}

function lastDay(end: string): string {
  const last = new Date(Date.parse(end) - 1);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${last.getFullYear()}-${two(last.getMonth() + 1)}-${two(last.getDate())}`;
}
