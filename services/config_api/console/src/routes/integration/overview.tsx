import Container from "@cloudscape-design/components/container";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Ago } from "../../components/ago";
import type { IntegrationView } from "../../services/schema";
import { useApi } from "../../services/services";
import { environmentsQuery, systemsQuery } from "../../services/systems";
import { lastReceivedQuery } from "../../services/traffic";
import { SlicesChart } from "./slices-chart";
import { UnmappedProperties } from "./unmapped-properties";

/** What an integration is for, what came in, and what of it is not mapped. */
export function Overview({ view }: { view: IntegrationView }) {
  return (
    <SpaceBetween size="l">
      <Facts view={view} />
      <SlicesChart integration={view.id} />
      <UnmappedProperties view={view} />
    </SpaceBetween>
  );
}

function Facts({ view }: { view: IntegrationView }) {
  const { t } = useTranslation();
  const api = useApi();
  const { data: systems = [] } = useQuery(systemsQuery(api));
  const { data: environments = [] } = useQuery(environmentsQuery(api, view.system));
  const { data: last } = useQuery(lastReceivedQuery(api, view.id));
  const system = systems.find(({ key }) => key === view.system)?.name ?? view.system;
  const environment = environments.find(({ key }) => key === view.environment)?.name ?? view.environment;
  return (
    <Container>
      <KeyValuePairs
        columns={4}
        items={[
          {
            label: t("integration.facts.system"),
            value: <span className="anything">{`${system}, ${environment}`}</span>,
          },
          {
            label: t("integration.facts.userId"),
            value: <span className="anything">{view.user_id.property}</span>,
          },
          { label: t("integration.facts.revision"), value: view.revision },
          {
            label: t("integration.facts.lastReceived"),
            value: last === undefined || last === null ? t("integrations.never") : <Ago moment={last} />,
          },
        ]}
      />
    </Container>
  );
}
