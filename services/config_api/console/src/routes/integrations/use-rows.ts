import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { integrationsQuery } from "../../services/integrations";
import { useApi } from "../../services/services";
import { environmentsQuery, systemsQuery } from "../../services/systems";
import { trafficQuery } from "../../services/traffic";
import type { Row } from "./rows";

/** The integrations with the names and numbers that come from elsewhere; those may come later, or not at all. */
export function useRows() {
  const api = useApi();
  const integrations = useQuery(integrationsQuery(api));
  const systems = useQuery(systemsQuery(api));
  const traffic = useQuery(trafficQuery(api));
  const keys = useMemo(() => [...new Set(integrations.data?.map(({ system }) => system))].sort(), [integrations.data]);
  const environments = useQueries({
    queries: keys.map((system) => environmentsQuery(api, system)),
    combine: (results) =>
      new Map(
        results.flatMap(({ data }, index) => (data ?? []).map(({ key, name }) => [`${keys[index]}/${key}`, name])),
      ),
  });
  const rows = useMemo(() => {
    const names = new Map(systems.data?.map(({ key, name }) => [key, name]));
    return (integrations.data ?? []).map(
      (integration): Row => ({
        integration,
        system: names.get(integration.system) ?? integration.system,
        environment: environments.get(`${integration.system}/${integration.environment}`) ?? integration.environment,
        traffic: traffic.data?.get(integration.id),
      }),
    );
  }, [integrations.data, systems.data, environments, traffic.data]);
  return { rows, isPending: integrations.isPending, error: integrations.error ?? traffic.error, integrations, traffic };
}
