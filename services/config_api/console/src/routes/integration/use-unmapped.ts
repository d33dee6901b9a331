import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNotify } from "../../components/notifications";
import { INTEGRATIONS, keepDraft } from "../../services/integrations";
import type { AttributeType, IntegrationView, Proposal } from "../../services/schema";
import { useApi } from "../../services/services";
import { attributesQuery } from "../../services/systems";
import {
  guessesQuery,
  likelyType,
  recentReceiptsQuery,
  summedUnmapped,
  type Unmapped,
  withProperty,
} from "../../services/unmapped";

/** A property with what can be told of its type. */
export interface Row extends Unmapped {
  type: AttributeType | undefined;
  /** Where the type comes from. */
  origin: "kept" | "guessed" | "noSample";
  guess: Proposal | undefined;
}

/** What is sent and not mapped, with what can be told of its types. */
export function useUnmapped(view: IntegrationView) {
  const api = useApi();
  const { data: receipts, isPending, error, refetch } = useQuery(recentReceiptsQuery(api, view.id));
  const { data: guesses = [] } = useQuery(guessesQuery(api, view, receipts ?? []));
  const { data: attributes = [] } = useQuery(attributesQuery(api, view.system));
  const rows = summedUnmapped(receipts ?? [], view).map((each): Row => {
    const guess = guesses.find(({ property }) => property === each.property);
    const type = likelyType(each.property, attributes, guess);
    const origin = type === undefined ? "noSample" : type === guess?.type ? "guessed" : "kept";
    return { ...each, type, origin, guess };
  });
  return { rows, isPending, error, refetch };
}

export type MapProperty = ReturnType<typeof useMapProperty>;

/** Adds a property to the mapping, at the version that is shown. */
export function useMapProperty(view: IntegrationView) {
  const { t } = useTranslation();
  const api = useApi();
  const queries = useQueryClient();
  const notify = useNotify();
  return useMutation({
    mutationFn: ({ property, guess, type }: { property: string; guess: Proposal | undefined; type: AttributeType }) =>
      keepDraft(api, withProperty(view, property, type, guess), view),
    onSuccess: async (_, { property }) => {
      await queries.invalidateQueries({ queryKey: INTEGRATIONS });
      notify("success", t("integration.unmapped.mapped", { property }));
    },
  });
}
