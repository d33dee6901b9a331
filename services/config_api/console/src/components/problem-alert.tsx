import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import { useTranslation } from "react-i18next";
import { ProblemError, problemText } from "../services/problems";

interface ProblemAlertProps {
  error: unknown;
  /** Faults that no field of the form shows. */
  others?: readonly string[];
  onRetry?: () => void;
  /** What the button says that tries again, where it is not that. */
  retryText?: string;
}

/** What went wrong, in plain words, with the request id that the log knows. */
export function ProblemAlert({ error, others = [], onRetry, retryText }: ProblemAlertProps) {
  const { t } = useTranslation();
  const requestId = error instanceof ProblemError ? error.requestId : "";
  return (
    <Alert
      type="error"
      header={t("problems.title")}
      action={onRetry && <Button onClick={onRetry}>{retryText ?? t("actions.retry")}</Button>}
    >
      {problemText(t, error)}
      {others.map((text) => (
        <div key={text} className="anything">
          {text}
        </div>
      ))}
      {requestId !== "" && (
        <Box variant="small" display="block">
          {t("problems.requestId", { id: requestId })}
        </Box>
      )}
    </Alert>
  );
}
