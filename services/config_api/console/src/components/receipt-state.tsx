import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { useTranslation } from "react-i18next";

export type ReceiptState = "pending" | "written" | "failed";

const TYPES: Readonly<Record<ReceiptState, StatusIndicatorProps.Type>> = {
  pending: "in-progress",
  written: "success",
  failed: "error",
};

/** A receipt's state, as an icon with its name. */
export function ReceiptStateIndicator({ state }: { state: ReceiptState }) {
  const { t } = useTranslation();
  return (
    <span className="whole">
      <StatusIndicator type={TYPES[state]}>{t(`receipts.states.${state}`)}</StatusIndicator>
    </span>
  );
}
