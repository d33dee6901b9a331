import { useState } from "react";
import { useTranslation } from "react-i18next";
import { faultsByField } from "../services/problems";

interface FormChecks<Draft> {
  first: Draft;
  /** What is missing or cannot be, by pointer (RFC 6901). */
  check: (draft: Draft) => ReadonlyMap<string, string>;
  /** The pointers of what the API finds that fields show. */
  fields: readonly string[];
  /** What the API answered, if it was no success. */
  error: unknown;
  send: (draft: Draft) => void;
}

/** What was entered into a dialog's form, and what is wrong with it: from the first try on. */
export function useForm<Draft>({ first, check, fields, error, send }: FormChecks<Draft>) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(first);
  const [tried, setTried] = useState(false);
  const missing = check(draft);
  const { shown, others } = faultsByField(t, error, fields);
  return {
    draft,
    change: (changed: Partial<Draft>) => setDraft((before) => ({ ...before, ...changed })),
    faults: { shown: new Map([...shown, ...(tried ? missing : [])]), others },
    onSubmit: () => {
      setTried(true);
      if (missing.size === 0) {
        send(draft);
      }
    },
  };
}
