import Alert from "@cloudscape-design/components/alert";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { CopiedCode, CopiedText } from "../../components/copied-text";
import type { IntegrationView } from "../../services/schema";
import { LANGUAGES, type Sending, snippet } from "../../services/snippets";
import { AccessToken } from "./access-token";
import { SendTest } from "./send-test";

/** Where every integration's data is posted to. */
const ENDPOINT = "/public/v1/user/data";

interface EndpointStepProps {
  integration: IntegrationView;
  integrationToken: string;
  accessToken: string | undefined;
  onAccessToken: (token: string | undefined) => void;
  /** The records of the sample, as JSON text. */
  records: string;
}

/** What the sender needs: address, both tokens, a request; and a test of all of it. */
export function EndpointStep(props: EndpointStepProps) {
  const { t } = useTranslation();
  const { integration, integrationToken, accessToken, onAccessToken, records } = props;
  const endpoint = window.location.origin + ENDPOINT;
  const placeholder = t("createIntegration.accessTokenPlaceholder");
  return (
    <SpaceBetween size="l">
      <Part title={t("createIntegration.endpoint")} text={t("createIntegration.endpointNote")}>
        <CopiedText text={endpoint} label={t("createIntegration.copyEndpoint")} />
      </Part>
      <Part title={t("createIntegration.accessToken")} text={t("createIntegration.accessTokenText")}>
        <AccessToken integration={integration} token={accessToken} onToken={onAccessToken} />
      </Part>
      <Part title={t("createIntegration.integrationToken")} text={t("createIntegration.integrationTokenText")}>
        <SpaceBetween size="s">
          <CopiedText text={integrationToken} label={t("createIntegration.copyIntegrationToken")} />
          <Alert type="warning">{t("createIntegration.shownOnce")}</Alert>
        </SpaceBetween>
      </Part>
      <Part title={t("createIntegration.request")} text={t("createIntegration.requestText")}>
        <Snippets endpoint={endpoint} accessToken={accessToken ?? placeholder} {...{ integrationToken, records }} />
      </Part>
      <Part title={t("createIntegration.test")} text={t("createIntegration.testText")}>
        <SendTest token={integrationToken} records={records} />
      </Part>
    </SpaceBetween>
  );
}

function Part({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <Container
      header={
        <Header variant="h2" description={text}>
          {title}
        </Header>
      }
    >
      {children}
    </Container>
  );
}

function Snippets(sending: Sending) {
  const { t } = useTranslation();
  return (
    <Tabs
      ariaLabel={t("createIntegration.request")}
      tabs={LANGUAGES.map((language) => ({
        id: language,
        label: language,
        content: <CopiedCode text={snippet(language, sending)} label={t("createIntegration.copySnippet")} />,
      }))}
    />
  );
}
