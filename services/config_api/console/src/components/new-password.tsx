import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PASSWORD, suggestedPassword } from "../services/passwords";
import { CopiedText } from "./copied-text";
import "./new-password.css";

interface NewPasswordProps {
  value: string;
  onChange: (value: string) => void;
  errorText: string | undefined;
}

/** A password for somebody else: entered, or a suggested one, which is shown to be passed on. */
export function NewPassword({ value, onChange, errorText }: NewPasswordProps) {
  const { t } = useTranslation();
  const [suggested, setSuggested] = useState<string>();
  const suggest = () => {
    const password = suggestedPassword();
    setSuggested(password);
    onChange(password);
  };
  return (
    <SpaceBetween size="s">
      <FormField label={t("password.new")} description={t("password.newText")} errorText={errorText} stretch>
        <div className="new-password">
          <Input
            type="password"
            autoComplete="new-password"
            value={value}
            onChange={({ detail }) => onChange(detail.value)}
          />
          <Button formAction="none" onClick={suggest}>
            {t("password.suggest")}
          </Button>
        </div>
      </FormField>
      {suggested !== undefined && suggested === value && (
        <FormField label={t("password.label")} description={t("password.suggested")}>
          <CopiedText text={suggested} label={t("password.copy")} />
        </FormField>
      )}
    </SpaceBetween>
  );
}

/** What a password may not be. */
export function checkPassword(t: TFunction, password: string): string | undefined {
  const length = [...password].length; // the API counts characters, not UTF-16 code units
  if (length < PASSWORD.shortest) {
    return t("password.newShort");
  }
  return length > PASSWORD.longest ? t("password.newLong") : undefined;
}
