import { infiniteQueryOptions } from "@tanstack/react-query";
import type { Api } from "./api";
import { INTEGRATIONS } from "./integrations";
import { answered } from "./problems";
import type { MappingView, RevisionView } from "./schema";

const PAGE_SIZE = 20;

/** The mappings that an integration had, page by page, the newest first. */
export function revisionsQuery(api: Api, integration: number) {
  return infiniteQueryOptions({
    queryKey: [...INTEGRATIONS, integration, "revisions"],
    queryFn: ({ pageParam: cursor }) => {
      const params = { path: { integration }, query: { cursor, limit: PAGE_SIZE } };
      return answered(api.GET("/api/v1/integrations/{integration}/revisions", { params }));
    },
    initialPageParam: 0,
    getNextPageParam: ({ next }) => (next === null ? undefined : Number(next)),
  });
}

/** What a revision changed: a property of its mapping, or one of its options, for which both revisions are asked. */
export type Difference =
  | { kind: "added" | "removed"; mapping: MappingView }
  | { kind: "changed"; mapping: MappingView; before: MappingView }
  | { kind: "option"; field: OptionField };

export const MAPPING_FIELDS = ["attribute", "type", "on_empty", "date_format", "time_zone"] as const;
export const OPTION_FIELDS = ["userId", "trim", "lowerCase", "observedAt", "onInvalid", "onUnknown"] as const;
export type OptionField = (typeof OPTION_FIELDS)[number];

const OPTIONS: Readonly<Record<OptionField, (revision: RevisionView) => unknown>> = {
  userId: ({ user_id }) => user_id.property,
  trim: ({ user_id }) => user_id.trim,
  lowerCase: ({ user_id }) => user_id.lower_case,
  observedAt: ({ observed_at }) => observed_at?.property,
  onInvalid: ({ on_invalid }) => on_invalid,
  onUnknown: ({ on_unknown }) => on_unknown,
};

/** What is different in a mapping from the one before it. */
export function differences(before: RevisionView, after: RevisionView): Difference[] {
  const former = new Map(before.mappings.map((each) => [each.property, each]));
  const latter = new Set(after.mappings.map(({ property }) => property));
  return [
    ...OPTION_FIELDS.filter((field) => OPTIONS[field](before) !== OPTIONS[field](after)).map(
      (field): Difference => ({ kind: "option", field }),
    ),
    ...after.mappings.flatMap((mapping): Difference[] => {
      const was = former.get(mapping.property);
      if (was === undefined) {
        return [{ kind: "added", mapping }];
      }
      return same(was, mapping) ? [] : [{ kind: "changed", mapping, before: was }];
    }),
    ...before.mappings
      .filter(({ property }) => !latter.has(property))
      .map((mapping): Difference => ({ kind: "removed", mapping })),
  ];
}

/** Whether two mappings of a property do the same; names are no part of a revision. */
function same(a: MappingView, b: MappingView): boolean {
  return MAPPING_FIELDS.every((field) => a[field] === b[field]);
}
