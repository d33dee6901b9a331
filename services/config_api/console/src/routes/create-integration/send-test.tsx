import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ProblemAlert } from "../../components/problem-alert";
import { useFormats } from "../../services/formats";
import { codeText } from "../../services/problems";
import type { ReceiptWithRejects } from "../../services/schema";
import { useApi, useCan } from "../../services/services";
import { sendTest, type TestState } from "../../services/test-batch";

interface SendTestProps {
  token: string;
  /** The records, as JSON text. */
  records: string;
}

/** Sends a test and shows what becomes of it, until it is written. */
export function SendTest({ token, records }: SendTestProps) {
  const { t } = useTranslation();
  const api = useApi();
  const can = useCan()("data:write");
  const [state, setState] = useState<TestState>();
  const [error, setError] = useState<unknown>();
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);
  const busy = error === undefined && (state?.step === "publishing" || state?.step === "pending");
  const send = async () => {
    const controller = new AbortController();
    abort.current = controller;
    setError(undefined);
    setState({ step: "publishing" });
    try {
      await sendTest(api, token, records, setState, controller.signal);
    } catch (problem) {
      if (!controller.signal.aborted) {
        setError(problem);
        setState(undefined);
      }
    }
  };
  if (!can) {
    return <Box color="text-body-secondary">{t("createIntegration.testRight")}</Box>;
  }
  return (
    <SpaceBetween size="s">
      <Button loading={busy} onClick={() => void send()}>
        {t("createIntegration.testSend")}
      </Button>
      {error !== undefined && <ProblemAlert error={error} />}
      <div aria-live="polite">{state !== undefined && <Progress state={state} />}</div>
    </SpaceBetween>
  );
}

function Progress({ state }: { state: TestState }) {
  const { t } = useTranslation();
  switch (state.step) {
    case "publishing":
      return <StatusIndicator type="loading">{t("createIntegration.testPublishing")}</StatusIndicator>;
    case "pending":
      return <StatusIndicator type="in-progress">{t("createIntegration.testPending")}</StatusIndicator>;
    case "late":
      return <StatusIndicator type="pending">{t("createIntegration.testLate")}</StatusIndicator>;
    case "settled":
      return <Settled receipt={state.receipt} />;
  }
}

function Settled({ receipt }: { receipt: ReceiptWithRejects }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (receipt.state === "failed") {
    const reason = receipt.failure === null ? t("problems.unknown") : codeText(t, receipt.failure);
    return <StatusIndicator type="error">{t("createIntegration.testFailed", { reason })}</StatusIndicator>;
  }
  const whole = receipt.rejects.length === 0;
  const counts = { count: receipt.records, written: formats.number(receipt.written) };
  return (
    <SpaceBetween size="xs">
      <StatusIndicator type={whole ? "success" : "warning"}>
        {t("createIntegration.testWritten", counts)}
      </StatusIndicator>
      {receipt.rejects.map(({ index, property, code }) => (
        <Box key={`${index} ${property} ${code}`} color="text-status-error">
          <span className="anything">
            {`${t("createIntegration.record")} ${index + 1}${property === null ? "" : `, ${property}`}: `}
            {codeText(t, code)}
          </span>
        </Box>
      ))}
      <Box variant="small">
        {t("createIntegration.testReceipt")} <code className="anything">{receipt.receipt}</code>
      </Box>
    </SpaceBetween>
  );
}
