import type { TFunction } from "i18next";
import type { Step } from "../../services/differences";
import type { Formats } from "../../services/formats";

// What a later release of the API may say is shown as it says it.

export function kindText(t: TFunction, kind: string): string {
  return t(`audit.kinds.${kind}`, { defaultValue: kind });
}

export function actionText(t: TFunction, action: string): string {
  return t(`audit.actions.${action}`, { defaultValue: action });
}

/** Where something differs, from the outermost field on. */
export function pathText(t: TFunction, path: readonly Step[]): string {
  const steps = path.map(({ name, given }) => (given ? name : t(`audit.fields.${name}`, { defaultValue: name })));
  return steps.join(`\u00a0${t("audit.step")} `); // no line begins with what leads on
}

/** A value in the user's language; `field` says what it is of. */
export function valueText(t: TFunction, formats: Formats, field: string, value: unknown): string {
  if (value === null && field === "systems") {
    return t("audit.all");
  }
  if (value === null || value === "" || (Array.isArray(value) && value.length === 0)) {
    return t("audit.nothing");
  }
  switch (typeof value) {
    case "boolean":
      return value ? t("audit.yes") : t("audit.no");
    case "number":
      return field === "records_per_s" ? formats.number(value) : String(value);
    case "string":
      return wordText(t, formats, field, value);
    default:
      return Array.isArray(value) && value.every((each) => typeof each === "string")
        ? value.join(", ")
        : JSON.stringify(value);
  }
}

/** Fields whose values the form of an integration has in words. */
const CHOICES: Readonly<Record<string, "onEmptyChoices" | "onInvalidChoices" | "onUnknownChoices">> = {
  on_empty: "onEmptyChoices",
  on_invalid: "onInvalidChoices",
  on_unknown: "onUnknownChoices",
};

function wordText(t: TFunction, formats: Formats, field: string, value: string): string {
  const choices = CHOICES[field];
  if (choices !== undefined) {
    return t(`createIntegration.${choices}.${value}`, { defaultValue: value });
  }
  if (field === "state") {
    return t(`integrations.states.${value}`, { defaultValue: value });
  }
  if (field === "role") {
    return t(`session.roles.${value}`, { defaultValue: value });
  }
  if (field.endsWith("_at") && !Number.isNaN(Date.parse(value))) {
    return formats.dateTime(value);
  }
  return value;
}
