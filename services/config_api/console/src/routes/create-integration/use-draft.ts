import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type DefinitionDraft, EMPTY } from "../../services/definition";
import { INTEGRATIONS, issueToken, keepDraft } from "../../services/integrations";
import type { IntegrationView } from "../../services/schema";
import { useApi } from "../../services/services";

/** What of the draft is on the server. */
export interface Kept {
  integration: IntegrationView;
  /** Its token, which is known as long as this page is open; empty until there is one. */
  token: string;
  /** The draft as it was kept. */
  draft: DefinitionDraft;
}

/** The definition that is being entered, and what is kept of it. */
export function useDraft() {
  const api = useApi();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(EMPTY);
  const [kept, setKept] = useState<Kept>();
  const keep = useMutation({
    mutationFn: async (): Promise<Kept> => {
      const same = kept !== undefined && kept.draft === draft;
      const integration = same ? kept.integration : await keepDraft(api, draft, kept?.integration);
      const token = kept?.token ?? "";
      // Remembered before the token is asked for: if that fails, trying again makes no second integration.
      setKept({ integration, token, draft });
      return { integration, token: token === "" ? await issueToken(api, integration.id) : token, draft };
    },
    onSuccess: (result) => {
      setKept(result);
      return queries.invalidateQueries({ queryKey: INTEGRATIONS });
    },
  });
  return { draft, setDraft, kept, keep };
}
