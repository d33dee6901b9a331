import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { checkDefine, checkMapping, pointersOf } from "../../components/definition/checks";
import { useNotify } from "../../components/notifications";
import { fromView } from "../../services/definition";
import { INTEGRATIONS, keepDraft } from "../../services/integrations";
import { faultsByField } from "../../services/problems";
import type { IntegrationView } from "../../services/schema";
import { useApi } from "../../services/services";

export const LIST = "/integrations";

/** An integration's definition while it is being changed, from the state that was read. */
export function useEdit(view: IntegrationView) {
  const { t } = useTranslation();
  const api = useApi();
  const queries = useQueryClient();
  const [before] = useState(() => fromView(view));
  const [draft, setDraft] = useState(before);
  const [tried, setTried] = useState(false);
  const keep = useMutation({
    mutationFn: () => keepDraft(api, draft, view),
    onSuccess: () => queries.invalidateQueries({ queryKey: INTEGRATIONS, exact: true }),
  });
  useLeaveOnceSaved(keep.data);
  const missing = new Map([...checkDefine(t, draft), ...checkMapping(t, draft)]);
  const { shown, others } = faultsByField(t, keep.error, pointersOf(draft));
  const save = () => {
    setTried(true);
    if (missing.size === 0) {
      keep.mutate();
    }
  };
  return {
    draft,
    setDraft,
    changed: draft !== before && !keep.isSuccess,
    faults: new Map([...shown, ...(tried ? missing : [])]),
    others,
    error: keep.error,
    busy: keep.isPending,
    save,
  };
}

/** Back to the list, once the page knows that nothing is left to be lost. */
function useLeaveOnceSaved(saved: IntegrationView | undefined): void {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const notify = useNotify();
  useEffect(() => {
    if (saved !== undefined) {
      notify("success", t("editIntegration.saved", { name: saved.name }));
      void navigate(LIST);
    }
  }, [saved, navigate, notify, t]);
}
