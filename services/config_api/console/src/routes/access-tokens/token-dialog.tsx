import Checkbox from "@cloudscape-design/components/checkbox";
import DatePicker from "@cloudscape-design/components/date-picker";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../components/form-dialog";
import { useNotify } from "../../components/notifications";
import { SystemsField } from "../../components/systems-field";
import { faultsByField } from "../../services/problems";
import type { AccessTokenView, IssuedAccessToken, Scope } from "../../services/schema";
import { SCOPES } from "../../services/scopes";
import { useCan, useUser } from "../../services/services";
import { useCreateAccessToken, useReplaceAccessToken } from "../../services/tokens";
import { check, FIELDS, fromView, NEW, type TokenDraft, toBody } from "./token-draft";

interface TokenDialogProps {
  /** The token that is changed; without one, a new one is made. */
  token: AccessTokenView | undefined;
  onIssued: (token: IssuedAccessToken) => void;
  onClose: () => void;
}

/** What an access token may do. */
export default function TokenDialog({ token, onIssued, onClose }: TokenDialogProps) {
  const { t } = useTranslation();
  const form = useTokenForm(token, onIssued, onClose);
  const { draft, change, faults } = form;
  return (
    <FormDialog
      title={token === undefined ? t("accessTokens.create") : t("accessTokens.editTitle", { name: token.name })}
      action={token === undefined ? t("accessTokens.createAction") : t("actions.save")}
      {...form}
      onClose={onClose}
    >
      <FormField
        label={t("accessTokens.name")}
        description={t("accessTokens.nameText")}
        errorText={faults.shown.get("/name")}
      >
        <Input value={draft.name} onChange={({ detail }) => change({ name: detail.value })} />
      </FormField>
      <FormField label={t("accessTokens.scopes")} errorText={faults.shown.get("/scopes")}>
        <Scopes value={draft.scopes} onChange={(scopes) => change({ scopes })} />
      </FormField>
      <SystemsField
        description={t("accessTokens.systemsText")}
        value={draft.systems}
        onChange={(systems) => change({ systems })}
        errorText={faults.shown.get("/systems")}
      />
      <FormField
        label={t("accessTokens.rate")}
        description={t("accessTokens.rateText")}
        errorText={faults.shown.get("/records_per_s")}
      >
        <Input
          value={draft.rate}
          inputMode="numeric"
          placeholder={t("accessTokens.ratePlaceholder")}
          onChange={({ detail }) => change({ rate: detail.value })}
        />
      </FormField>
      <FormField
        label={t("accessTokens.lastDay")}
        description={t("accessTokens.lastDayText")}
        errorText={faults.shown.get("/expires_at")}
      >
        <DatePicker
          value={draft.lastDay}
          format="long-localized"
          inputFormat="iso"
          placeholder={t("accessTokens.lastDayPlaceholder")}
          isDateEnabled={(day) => day.getTime() > Date.now() - DAY_MS}
          onChange={({ detail }) => change({ lastDay: detail.value })}
          expandToViewport
        />
      </FormField>
    </FormDialog>
  );
}

const DAY_MS = 86_400_000;

function useTokenForm(
  token: AccessTokenView | undefined,
  onIssued: (token: IssuedAccessToken) => void,
  onClose: () => void,
) {
  const { t } = useTranslation();
  const notify = useNotify();
  const own = useUser().systems; // nobody gives more than they have
  const [draft, setDraft] = useState(() => (token === undefined ? { ...NEW, systems: own } : fromView(token)));
  const [tried, setTried] = useState(false);
  const create = useCreateAccessToken();
  const replace = useReplaceAccessToken();
  const error = token === undefined ? create.error : replace.error;
  const missing = check(t, draft);
  const { shown, others } = faultsByField(t, error, FIELDS);
  const saved = () => {
    onClose();
    notify("success", t("accessTokens.saved", { name: draft.name.trim() }));
  };
  const onSubmit = () => {
    setTried(true);
    if (missing.size > 0) {
      return;
    }
    const body = toBody(draft, token);
    if (token === undefined) {
      create.mutate(body, { onSuccess: onIssued });
    } else {
      replace.mutate({ before: token, body }, { onSuccess: saved });
    }
  };
  return {
    draft,
    change: (fields: Partial<TokenDraft>) => setDraft({ ...draft, ...fields }),
    faults: { shown: new Map([...shown, ...(tried ? missing : [])]), others },
    error,
    busy: create.isPending || replace.isPending,
    onSubmit,
  };
}

function Scopes({ value, onChange }: { value: readonly Scope[]; onChange: (scopes: readonly Scope[]) => void }) {
  const { t } = useTranslation();
  const can = useCan();
  return (
    <SpaceBetween size="xs">
      {SCOPES.map(({ scope, text }) => (
        <Checkbox
          key={scope}
          checked={value.includes(scope)}
          disabled={!can(scope)}
          description={t(`rights.scopeTexts.${text}`)}
          onChange={({ detail }) =>
            onChange(detail.checked ? [...value, scope] : value.filter((each) => each !== scope))
          }
        >
          {t(`rights.scopes.${text}`)}
        </Checkbox>
      ))}
    </SpaceBetween>
  );
}
