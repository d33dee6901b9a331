import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { checkDefine, checkMapping, DEFINED, pointersOf } from "../../components/definition/checks";
import { useNotify } from "../../components/notifications";
import { useFocusOnFault } from "../../components/use-focus-on-fault";
import { useMove } from "../../services/integrations";
import { faultsByField } from "../../services/problems";
import { useDraft } from "./use-draft";

export const LIST = "/integrations";
export const DEFINE = 0;
export const ENDPOINT = 2;

/** The steps: what is on them, what is wrong on them, and the ways between them. */
export function useWizard() {
  const { t } = useTranslation();
  const { draft, setDraft, kept, keep } = useDraft();
  const [step, setStep] = useState(DEFINE);
  const [tried, setTried] = useState(false);
  const { save, done, activate } = useSave();
  const missing = step === DEFINE ? checkDefine(t, draft) : checkMapping(t, draft);
  const { shown, others } = faultsByField(t, keep.error, pointersOf(draft));
  const faults = new Map([...shown, ...(tried ? missing : [])]);
  useFocusOnFault(tried && missing.size > 0, keep.failureCount);

  const go = async (to: number) => {
    if (to > step) {
      setTried(true);
      if (missing.size > 0) {
        return;
      }
      const error = to === ENDPOINT ? await failureOf(keep.mutateAsync()) : undefined;
      if (error !== undefined) {
        // What the server refuses may stand on the first step: a name that is taken.
        setStep(faultsByField(t, error, DEFINED).shown.size > 0 ? DEFINE : step);
        return;
      }
    }
    setTried(false);
    setStep(to);
  };
  return {
    step,
    go,
    draft,
    setDraft,
    kept,
    faults,
    others,
    error: step === ENDPOINT ? activate.error : keep.error,
    busy: keep.isPending || activate.isPending,
    save: () => kept !== undefined && save(kept.integration),
    done,
  };
}

/** Makes the draft active, and goes back to the list. */
function useSave() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const notify = useNotify();
  const activate = useMove();
  const [done, setDone] = useState(false);
  // Only once the page knows that nothing is left to be lost, it lets go.
  useEffect(() => {
    if (done) {
      void navigate(LIST);
    }
  }, [done, navigate]);
  const save = (integration: Parameters<typeof activate.mutate>[0]["integration"]) =>
    activate.mutate(
      { integration, move: "activate" },
      {
        onSuccess: () => {
          notify("success", t("createIntegration.saved", { name: integration.name }));
          setDone(true);
        },
      },
    );
  return { save, done, activate };
}

/** What the call failed with; the mutation keeps it, and the page shows it. */
async function failureOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error;
  }
}
