import Header from "@cloudscape-design/components/header";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "../../components/empty-state";
import { ReceiptsTable } from "../../components/receipts-table";

/** The receipts of an integration, live. */
export function IntegrationReceipts({ integration }: { integration: number }) {
  const { t } = useTranslation();
  const filter = useMemo(() => ({ integration, state: undefined, times: undefined }), [integration]);
  return (
    <ReceiptsTable
      filter={filter}
      header={
        <Header variant="h2" description={t("integration.receipts.live")}>
          {t("receipts.title")}
        </Header>
      }
      empty={<EmptyState title={t("receipts.empty.title")} text={t("integration.receipts.emptyText")} />}
    />
  );
}
