import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type ReactNode, useEffect, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { ProblemError } from "../services/problems";
import { ProblemAlert } from "./problem-alert";

/** Of several radio buttons the one that is chosen. */
const FIELD = "input:not([type='radio']), input:checked, textarea";

interface FormDialogProps {
  title: string;
  /** What the button says that sends the form. */
  action: string;
  busy: boolean;
  error: unknown;
  /** What is wrong with what was entered: at the fields that show it, and where no field does. */
  faults: { shown: ReadonlyMap<string, string>; others: readonly string[] };
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** A form above the page; the Enter key sends it. */
export function FormDialog({ title, action, busy, error, faults, onSubmit, onClose, children }: FormDialogProps) {
  const { t } = useTranslation();
  const form = useId();
  useFocusOnFirstField(form);
  const placed = faults.shown.size > 0 && faults.others.length === 0;
  // Who changes meanwhile what is edited here has changed what the list behind shows.
  const outdated = error instanceof ProblemError && error.status === 412;
  return (
    <Modal
      visible
      header={<span className="anything">{title}</span>}
      closeAriaLabel={t("actions.close")}
      onDismiss={({ detail }) => detail.reason !== "overlay" && onClose()}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              {t("actions.cancel")}
            </Button>
            <Button variant="primary" form={form} formAction="submit" loading={busy}>
              {action}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="l">
        <form
          id={form}
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            onSubmit();
          }}
        >
          <SpaceBetween size="l">{children}</SpaceBetween>
        </form>
        {error !== null && !placed && (
          <ProblemAlert
            error={error}
            others={faults.others}
            {...(outdated ? { onRetry: onClose, retryText: t("editIntegration.reload") } : {})}
          />
        )}
      </SpaceBetween>
    </Modal>
  );
}

/**
 * Leads to the first field once the dialog is open. A field's own `autoFocus` comes too early: Cloudscape leads to the
 * button that closes the dialog, and knows no more where the focus was before and belongs again afterwards.
 */
function useFocusOnFirstField(form: string): void {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (open) {
      document.getElementById(form)?.querySelector<HTMLElement>(FIELD)?.focus();
    } else {
      setOpen(true);
    }
  }, [form, open]);
}
