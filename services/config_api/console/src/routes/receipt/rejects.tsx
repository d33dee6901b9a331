import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ProblemAlert } from "../../components/problem-alert";
import { useFormats } from "../../services/formats";
import { codeText } from "../../services/problems";
import { rejectedRecordsQuery } from "../../services/receipts";
import type { PendingReceipt, ReceiptWithRejects, RejectedRecordView, RejectView } from "../../services/schema";
import { useApi, useCan } from "../../services/services";
import "./rejects.css";

interface RejectsProps {
  receipt: ReceiptWithRejects;
  query: {
    data: { pages: (PendingReceipt | ReceiptWithRejects)[] } | undefined;
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    fetchNextPage: () => Promise<unknown>;
  };
}

/** The rejects of a batch by record: the record as it was sent beside why it, or values of it, did not count. */
export function Rejects({ receipt, query }: RejectsProps) {
  const { t } = useTranslation();
  const can = useCan()("profiles:read");
  const some = receipt.rejected + receipt.values_rejected > 0;
  const kept = useQuery(rejectedRecordsQuery(useApi(), receipt.receipt, can && some));
  const rejects = query.data?.pages.flatMap((page) => (page.state === "pending" ? [] : page.rejects)) ?? [];
  const records = new Map(kept.data?.map((each) => [each.index, each]));
  return (
    <Container
      header={
        <Header variant="h2" {...(some ? { description: t("receipt.rejectsText") } : {})}>
          {t("receipt.rejects")}
        </Header>
      }
    >
      {some ? (
        <SpaceBetween size="xxs">
          {kept.error !== null && <ProblemAlert error={kept.error} onRetry={() => void kept.refetch()} />}
          {byRecord(rejects).map(([index, reasons]) => (
            <Reject key={index} index={index} reasons={reasons} kept={records.get(index)} read={kept.isSuccess} />
          ))}
          {query.hasNextPage && (
            <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {t("receipt.more")}
            </Button>
          )}
        </SpaceBetween>
      ) : (
        <Box color="text-body-secondary">{t("receipt.noRejects")}</Box>
      )}
    </Container>
  );
}

function byRecord(rejects: readonly RejectView[]): [number, RejectView[]][] {
  const found = new Map<number, RejectView[]>();
  for (const reject of rejects) {
    found.set(reject.index, [...(found.get(reject.index) ?? []), reject]);
  }
  return [...found].sort(([a], [b]) => a - b);
}

interface RejectProps {
  index: number;
  reasons: readonly RejectView[];
  kept: RejectedRecordView | undefined;
  /** Whether it is known what was kept. */
  read: boolean;
}

function Reject({ index, reasons, kept, read }: RejectProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const number = formats.number(index + 1);
  return (
    <section className="reject" aria-label={t("receipt.record", { number })}>
      <div>
        <Box variant="h3" padding="n">
          {t("receipt.record", { number })}
        </Box>
        {kept !== undefined && kept.user_id !== null && (
          <Box variant="small" display="block">
            {t("receipt.user")} <span className="anything">{kept.user_id}</span>
          </Box>
        )}
        <ul className="reject-reasons">
          {reasons.map(({ property, code }) => (
            <li key={`${property} ${code}`}>
              <b className="anything">{property ?? t("receipt.whole")}</b>
              <div>{codeText(t, code)}</div>
              <code className="reject-code">{code}</code>
            </li>
          ))}
        </ul>
      </div>
      <div>
        {kept === undefined && read && <Box color="text-body-secondary">{t("receipt.notKept")}</Box>}
        {kept !== undefined && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard (WCAG 2.1.1)
          <pre className="reject-record" tabIndex={0}>
            {kept.record}
          </pre>
        )}
        {kept?.truncated === true && <Box variant="small">{t("receipt.truncated")}</Box>}
      </div>
    </section>
  );
}
