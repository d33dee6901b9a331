import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Api } from "./api";
import { displayName } from "./attribute-keys";
import { type DefinitionDraft, fromView, newProperty, toPreview } from "./definition";
import { PAGE_LIMIT } from "./paging";
import { answered } from "./problems";
import { RECEIPTS, rejectedRecords } from "./receipts";
import type { AttributeType, AttributeView, IntegrationView, Proposal, Receipt } from "./schema";

const REFRESH_MS = 30_000;
/** How many batches are looked into for a sample of a property. */
const LOOKED_INTO = 5;

/** A property that senders send and no mapping names. */
export interface Unmapped {
  property: string;
  /** In how many records it was. */
  count: number;
  /** When it was received first and last (RFC 3339), as far as the receipts that were summed know. */
  first: string;
  last: string;
}

/** The newest receipts of an integration, to be summed. */
export function recentReceiptsQuery(api: Api, integration: number) {
  return queryOptions({
    queryKey: [...RECEIPTS, "recent", integration],
    queryFn: async () => {
      const query = { integration, limit: PAGE_LIMIT };
      return (await answered(api.GET("/api/v1/receipts", { params: { query } }))).items;
    },
    refetchInterval: REFRESH_MS,
  });
}

/** The properties that receipts (the newest first) counted as unmapped and that are not mapped now; the most first. */
export function summedUnmapped(receipts: readonly Receipt[], view: IntegrationView): Unmapped[] {
  const known = new Set([
    view.user_id.property,
    view.observed_at?.property,
    ...view.mappings.map(({ property }) => property),
  ]);
  const sums = new Map<string, Unmapped>();
  for (const { received_at, unmapped } of receipts) {
    for (const [property, count] of Object.entries(unmapped)) {
      const sum = sums.get(property) ?? { property, count: 0, first: received_at, last: received_at };
      sums.set(property, { ...sum, count: sum.count + count, first: received_at });
    }
  }
  return [...sums.values()].filter(({ property }) => !known.has(property)).sort((a, b) => b.count - a.count);
}

/**
 * What the types of unmapped properties look like in records that are at hand: rejected ones alone are kept as they
 * were sent.
 */
export function guessesQuery(api: Api, view: IntegrationView, receipts: readonly Receipt[]) {
  const chosen = receipts
    .filter((each) => Object.keys(each.unmapped).length > 0 && each.rejected + each.values_rejected > 0)
    .slice(0, LOOKED_INTO)
    .map(({ receipt }) => receipt);
  return queryOptions({
    queryKey: [...RECEIPTS, "guesses", view.version, chosen],
    queryFn: async (): Promise<Proposal[]> => {
      const kept = await Promise.all(chosen.map((receipt) => rejectedRecords(api, receipt)));
      const records = kept.flat().flatMap(({ record }) => (isRecord(record) ? [record] : []));
      return records.length === 0 ? [] : proposals(api, view, records);
    },
    enabled: chosen.length > 0,
    placeholderData: keepPreviousData, // newer batches say the same most of the time
    staleTime: Number.POSITIVE_INFINITY,
  });
}

async function proposals(api: Api, view: IntegrationView, records: readonly string[]): Promise<Proposal[]> {
  const definition = toPreview(fromView(view));
  const body = { definition, records: [] };
  // The records as they were sent, digit by digit.
  const bodySerializer = () => `{"definition": ${JSON.stringify(definition)}, "records": [${records.join(",")}]}`;
  return (await answered(api.POST("/api/v1/preview", { body, bodySerializer }))).proposals;
}

/** Whether a text is a JSON object: of what was cut or never was JSON, nothing can be told. */
function isRecord(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

/** The type that a property is mapped to where nobody says otherwise: its attribute's, where there is one already. */
export function likelyType(
  property: string,
  attributes: readonly AttributeView[],
  guess: Proposal | undefined,
): AttributeType | undefined {
  const name = property.trim().toLowerCase();
  return attributes.find((each) => each.name.trim().toLowerCase() === name)?.type ?? guess?.type ?? undefined;
}

/** The definition with one more property. */
export function withProperty(view: IntegrationView, property: string, type: AttributeType, guess?: Proposal) {
  const draft: DefinitionDraft = fromView(view);
  const dated = type === "Date" && guess?.type === "Date";
  const row = newProperty(draft, {
    property,
    name: displayName({ property, name: "" }),
    type,
    dateFormat: dated ? (guess.date_format ?? "") : "",
    timeZone: dated ? (guess.time_zone ?? "") : "",
  });
  return { ...draft, properties: [...draft.properties, row] };
}
