import type { IntegrationState, IntegrationView } from "../../services/schema";
import type { Traffic } from "../../services/traffic";

/** An integration as the table shows it. */
export interface Row {
  integration: IntegrationView;
  /** Display names. */
  system: string;
  environment: string;
  traffic: Traffic | undefined;
}

/** What the filters above the table say; empty is everything, and for `state` everything that is not deleted. */
export interface Filters {
  system: string;
  environment: string;
  state: IntegrationState | "";
}

export const NO_FILTERS: Filters = { system: "", environment: "", state: "" };

export function fits({ integration }: Row, { system, environment, state }: Filters): boolean {
  return (
    (system === "" || integration.system === system) &&
    (environment === "" || integration.environment === environment) &&
    (state === "" ? integration.state !== "deleted" : integration.state === state)
  );
}
