import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "../../components/link";
import { useFormats } from "../../services/formats";
import { integrationQuery } from "../../services/integrations";
import type { Receipt } from "../../services/schema";
import { useApi } from "../../services/services";

/** Where a batch came from, and how much of it counted. */
export function Numbers({ receipt }: { receipt: Receipt }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { data: integration } = useQuery(integrationQuery(useApi(), receipt.integration));
  const count = (value: number, refused = false) => (
    <Box variant="span" fontSize="heading-m" color={refused && value > 0 ? "text-status-error" : "inherit"}>
      <span className="numbers">{formats.number(value)}</span>
    </Box>
  );
  const explained = (value: number, text: string) => (
    <>
      {count(value)}
      {value > 0 && (
        <Box variant="small" display="block">
          {text}
        </Box>
      )}
    </>
  );
  const seconds = (Date.parse(receipt.written_at) - Date.parse(receipt.received_at)) / 1000;
  return (
    <Container
      header={<Header variant="h2">{t("receipt.numbers")}</Header>}
      footer={
        <Box variant="small">
          <span className="anything">{t("receipt.requestId", { id: receipt.request_id })}</span>
        </Box>
      }
    >
      <KeyValuePairs
        columns={4}
        items={[
          { label: t("receipt.records"), value: count(receipt.records) },
          { label: t("receipt.recordsWritten"), value: count(receipt.written) },
          { label: t("receipt.recordsRejected"), value: count(receipt.rejected, true) },
          { label: t("receipt.valuesRejected"), value: count(receipt.values_rejected, true) },
          { label: t("receipt.superseded"), value: explained(receipt.superseded, t("receipt.supersededText")) },
          { label: t("receipt.erased"), value: explained(receipt.erased, t("receipt.erasedText")) },
          {
            label: t("receipt.integration"),
            value: (
              <Link to={`/integrations/${receipt.integration}`}>
                <span className="anything">{integration?.name ?? receipt.integration}</span>
              </Link>
            ),
          },
          {
            label: t("receipt.revision"),
            value: <Link to={`/integrations/${receipt.integration}?tab=mapping`}>{receipt.revision}</Link>,
          },
          { label: t("receipt.received"), value: formats.dateTime(receipt.received_at) },
          {
            label: t("receipt.written"),
            value: (
              <>
                {formats.dateTime(receipt.written_at)}
                <Box variant="small" display="block">
                  {t("receipt.after", { seconds: formats.seconds(seconds) })}
                </Box>
              </>
            ),
          },
        ]}
      />
    </Container>
  );
}
