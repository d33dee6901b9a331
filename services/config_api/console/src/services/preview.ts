import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Api } from "./api";
import { type DefinitionDraft, toPreview } from "./definition";
import { answered } from "./problems";

/** How many records of a sample are tried at most, as the API has it. */
export const MAX_RECORDS = 100;

/** What a definition would make of sample records (JSON text). */
export function previewQuery(api: Api, draft: DefinitionDraft, records: string | undefined) {
  const definition = toPreview(draft);
  return queryOptions({
    queryKey: ["preview", definition, records],
    queryFn: ({ signal }) =>
      answered(
        api.POST("/api/v1/preview", {
          body: { definition, records: [] },
          // The records as they were pasted, digit by digit.
          bodySerializer: () => `{"definition": ${JSON.stringify(definition)}, "records": ${records}}`,
          signal,
        }),
      ),
    enabled: records !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 60_000,
  });
}
