import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { CopiedText } from "../../components/copied-text";
import { ProblemAlert } from "../../components/problem-alert";
import type { IntegrationView } from "../../services/schema";
import { useApi, useCan } from "../../services/services";
import { accessTokensQuery, maySend, useCreateAccessToken } from "../../services/tokens";

interface AccessTokenProps {
  integration: IntegrationView;
  /** The token that was made here; of one that is kept, nobody knows more than its hash. */
  token: string | undefined;
  onToken: (token: string | undefined) => void;
}

/** The access token of the sender: a new one, or one that there is. */
export function AccessToken({ integration, token, onToken }: AccessTokenProps) {
  const { t } = useTranslation();
  const can = useCan()("users:manage");
  const [kind, setKind] = useState<"new" | "kept">("new");
  if (!can) {
    return <Box color="text-body-secondary">{t("createIntegration.accessTokenRight")}</Box>;
  }
  if (token !== undefined) {
    return (
      <SpaceBetween size="s">
        <CopiedText text={token} label={t("createIntegration.copyAccessToken")} />
        <Alert type="warning">{t("createIntegration.shownOnce")}</Alert>
      </SpaceBetween>
    );
  }
  return (
    <SpaceBetween size="s">
      <RadioGroup
        ariaLabel={t("createIntegration.accessToken")}
        value={kind}
        onChange={({ detail }) => setKind(detail.value === "kept" ? "kept" : "new")}
        items={[
          { value: "new", label: t("createIntegration.accessTokenNew") },
          { value: "kept", label: t("createIntegration.accessTokenKept") },
        ]}
      />
      {kind === "new" ? (
        <NewToken integration={integration} onToken={onToken} />
      ) : (
        <KeptToken system={integration.system} />
      )}
    </SpaceBetween>
  );
}

function NewToken({ integration, onToken }: Pick<AccessTokenProps, "integration" | "onToken">) {
  const { t } = useTranslation();
  const { mutate, isPending, error } = useCreateAccessToken();
  const name = t("createIntegration.accessTokenName", { name: integration.name }).slice(0, MAX_NAME);
  const create = () =>
    mutate(
      { name, scopes: ["data:write", "receipts:read"], systems: [integration.system] },
      { onSuccess: ({ token }) => onToken(token) },
    );
  return (
    <>
      <Button loading={isPending} onClick={create}>
        {t("createIntegration.accessTokenCreate")}
      </Button>
      {error !== null && <ProblemAlert error={error} />}
    </>
  );
}

/** How long a name may be. */
const MAX_NAME = 255;

function KeptToken({ system }: { system: string }) {
  const { t } = useTranslation();
  const { data = [], error, isPending } = useQuery(accessTokensQuery(useApi(), true));
  const [chosen, setChosen] = useState<string>();
  const options = data
    .filter((each) => maySend(each, system))
    .map(({ id, name, secrets }) => ({
      value: String(id),
      label: name,
      description: secrets.map(({ hint }) => `…${hint}`).join(", "),
    }));
  return (
    <>
      {error !== null && <ProblemAlert error={error} />}
      <Select
        ariaLabel={t("createIntegration.accessTokenChoose")}
        placeholder={t("createIntegration.accessTokenChoose")}
        options={options}
        statusType={isPending ? "loading" : "finished"}
        empty={t("createIntegration.accessTokenNone")}
        selectedOption={options.find(({ value }) => value === chosen) ?? null}
        onChange={({ detail }) => setChosen(detail.selectedOption.value)}
      />
    </>
  );
}
