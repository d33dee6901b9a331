import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { useTranslation } from "react-i18next";
import type { IntegrationState } from "../services/schema";

const TYPES: Readonly<Record<IntegrationState, StatusIndicatorProps.Type>> = {
  draft: "pending",
  active: "success",
  paused: "stopped",
  deleted: "not-started",
};

/** An integration's state, as an icon with its name. */
export function IntegrationStateIndicator({ state }: { state: IntegrationState }) {
  const { t } = useTranslation();
  return (
    <span className="whole">
      <StatusIndicator type={TYPES[state]}>{t(`integrations.states.${state}`)}</StatusIndicator>
    </span>
  );
}
