import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { CopiedText } from "../../components/copied-text";
import { ProblemAlert } from "../../components/problem-alert";
import { ReceiptStateIndicator } from "../../components/receipt-state";
import { useTitle } from "../../components/use-title";
import { Waiting } from "../../components/waiting";
import { codeText } from "../../services/problems";
import { receiptQuery } from "../../services/receipts";
import { useApi } from "../../services/services";
import { Numbers } from "./numbers";
import { Rejects } from "./rejects";
import { UnmappedCounts } from "./unmapped-counts";

/** One receipt: what became of a batch, and why records or values of it were rejected. */
export function Component() {
  const { t } = useTranslation();
  const id = useParams()["receipt"] ?? "";
  const query = useInfiniteQuery(receiptQuery(useApi(), id));
  const receipt = query.data?.pages[0];
  useTitle(t("receipt.title"));
  if (receipt === undefined) {
    return (
      <ContentLayout header={<Header variant="h1">{t("receipt.title")}</Header>}>
        {query.error === null ? <Waiting /> : <ProblemAlert error={query.error} onRetry={() => void query.refetch()} />}
      </ContentLayout>
    );
  }
  return (
    <ContentLayout
      header={
        <SpaceBetween size="xs">
          <Header variant="h1">{t("receipt.title")}</Header>
          <ReceiptStateIndicator state={receipt.state} />
          <CopiedText text={receipt.receipt} label={t("receipt.copy")} />
        </SpaceBetween>
      }
    >
      {receipt.state === "pending" ? (
        <Container>
          <Box aria-live="polite">{t("receipt.pending")}</Box>
        </Container>
      ) : (
        <SpaceBetween size="l">
          {receipt.failure !== null && (
            <Alert type="error" header={codeText(t, receipt.failure)}>
              {t("receipt.failed")}
            </Alert>
          )}
          <Numbers receipt={receipt} />
          <UnmappedCounts receipt={receipt} />
          {receipt.state === "written" && <Rejects query={query} receipt={receipt} />}
        </SpaceBetween>
      )}
    </ContentLayout>
  );
}
