import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import Tabs from "@cloudscape-design/components/tabs";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useParams, useSearchParams } from "react-router";
import { useObjectName } from "../../components/object-name";
import { ProblemAlert } from "../../components/problem-alert";
import { useTitle } from "../../components/use-title";
import { Waiting } from "../../components/waiting";
import { integrationQuery } from "../../services/integrations";
import type { IntegrationView } from "../../services/schema";
import { useApi } from "../../services/services";
import { NotFound } from "../not-found/not-found";
import { IntegrationHeader } from "./header";
import { IntegrationReceipts } from "./integration-receipts";
import { Mapping } from "./mapping";
import { Overview } from "./overview";
import { Tokens } from "./tokens";

/** One integration: what arrives, what becomes of it, what it is mapped by and who may send. */
export function Component() {
  const number = Number(useParams()["integration"]);
  return Number.isSafeInteger(number) && number > 0 ? <Integration integration={number} /> : <NotFound />;
}

function Integration({ integration }: { integration: number }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery({ ...integrationQuery(useApi(), integration), staleTime: 0 });
  if (data !== undefined) {
    return <Shown view={data} />;
  }
  return (
    <ContentLayout header={<Header variant="h1">{t("integration.title")}</Header>}>
      {error === null ? <Waiting /> : <ProblemAlert error={error} onRetry={() => void refetch()} />}
    </ContentLayout>
  );
}

function Shown({ view }: { view: IntegrationView }) {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  useTitle(view.name);
  useObjectName(view.name);
  const tabs = [
    { id: "overview", label: t("integration.tabs.overview"), content: <Overview view={view} /> },
    { id: "receipts", label: t("integration.tabs.receipts"), content: <IntegrationReceipts integration={view.id} /> },
    { id: "mapping", label: t("integration.tabs.mapping"), content: <Mapping view={view} /> },
    { id: "tokens", label: t("integration.tabs.tokens"), content: <Tokens view={view} /> },
  ];
  const tab = tabs.find(({ id }) => id === search.get("tab"))?.id ?? "overview";
  return (
    <ContentLayout header={<IntegrationHeader view={view} />}>
      <Tabs
        ariaLabel={view.name}
        tabs={tabs}
        activeTabId={tab}
        onChange={({ detail }) => setSearch({ tab: detail.activeTabId }, { replace: true })}
      />
    </ContentLayout>
  );
}
