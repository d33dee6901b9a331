import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";

/** What is called by a name, which people read, and a key, which stands in addresses. */
export interface Names {
  name: string;
  /** Empty: it is made of the name. */
  key: string;
}

const KEY = /^[a-z0-9][a-z0-9_-]{0,62}$/;

interface NamedFieldsProps {
  value: Names;
  onChange: (value: Partial<Names>) => void;
  /** The key that is made of the name; undefined: there is a key, which never changes. */
  proposed: string | undefined;
  faults: ReadonlyMap<string, string>;
  /** Whether the page begins here. */
  autoFocus?: boolean;
}

/** The fields of a name and a key. */
export function NamedFields({ value, onChange, proposed, faults, autoFocus = false }: NamedFieldsProps) {
  const { t } = useTranslation();
  return (
    <SpaceBetween size="l">
      <FormField label={t("names.name")} errorText={faults.get("/name")}>
        <Input value={value.name} onChange={({ detail }) => onChange({ name: detail.value })} autoFocus={autoFocus} />
      </FormField>
      {proposed !== undefined && (
        <FormField label={t("names.key")} description={t("names.keyText")} errorText={faults.get("/key")}>
          <Input
            value={value.key}
            placeholder={value.name.trim() === "" ? "" : proposed}
            spellcheck={false}
            onChange={({ detail }) => onChange({ key: detail.value })}
          />
        </FormField>
      )}
    </SpaceBetween>
  );
}

/** What is missing or cannot be, by pointer. */
export function checkNames(t: TFunction, { name, key }: Names): Map<string, string> {
  const faults = new Map<string, string>();
  if (name.trim() === "") {
    faults.set("/name", t("names.nameMissing"));
  }
  if (key !== "" && !KEY.test(key)) {
    faults.set("/key", t("names.keyInvalid"));
  }
  return faults;
}
