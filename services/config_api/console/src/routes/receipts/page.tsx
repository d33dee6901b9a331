import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { EmptyState } from "../../components/empty-state";
import { Link } from "../../components/link";
import { ListPage } from "../../components/list-page";
import { ReceiptsTable } from "../../components/receipts-table";
import { integrationsQuery } from "../../services/integrations";
import type { Times } from "../../services/receipts";
import type { IntegrationView } from "../../services/schema";
import { useApi } from "../../services/services";
import { ReceiptFilters } from "./filters";

const STATES = ["written", "failed"] as const;

/** Receipts of all integrations. */
export function Component() {
  const { t } = useTranslation();
  const integrations = useQuery(integrationsQuery(useApi()));
  const { filter, choose, setTimes } = useFilter();
  const byId = useMemo(() => new Map(integrations.data?.map((each) => [each.id, each])), [integrations.data]);
  return (
    <ListPage title={t("receipts.title")} description={t("receipts.description")} read={integrations}>
      <ReceiptsTable
        filter={filter}
        integration={(id) => <Integration id={id} view={byId.get(id)} />}
        filters={
          <ReceiptFilters
            integrations={integrations.data ?? []}
            filter={filter}
            onIntegration={(id) => choose("integration", id)}
            onState={(state) => choose("state", state)}
            onTimes={setTimes}
          />
        }
        empty={<EmptyState title={t("receipts.empty.title")} text={t("receipts.empty.text")} />}
      />
    </ListPage>
  );
}

/** Integration and state are part of the page's address; the time is as long as the page is open. */
function useFilter() {
  const [search, setSearch] = useSearchParams();
  const [times, setTimes] = useState<Times>();
  const number = Number(search.get("integration") ?? Number.NaN);
  const integration = Number.isSafeInteger(number) && number > 0 ? number : undefined;
  const state = STATES.find((each) => each === search.get("state"));
  const filter = useMemo(() => ({ integration, state, times }), [integration, state, times]);
  const choose = (name: "integration" | "state", value: string) => {
    const next = new URLSearchParams(search);
    next.delete(name);
    if (value !== "") {
      next.set(name, value);
    }
    setSearch(next, { replace: true });
  };
  return { filter, choose, setTimes };
}

function Integration({ id, view }: { id: number; view: IntegrationView | undefined }) {
  return (
    <Link to={`/integrations/${id}`}>
      <span className="anything">{view?.name ?? id}</span>
    </Link>
  );
}
