import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { type Difference, differences, MAPPING_FIELDS, type OptionField } from "../../services/revisions";
import type { MappingView, RevisionView } from "../../services/schema";

const SIGNS = { added: "+", removed: "−", changed: "~", option: "~" } as const;

/** What is different in a mapping from the one before it, line by line. */
export function Differences({ before, after }: { before: RevisionView; after: RevisionView }) {
  const { t } = useTranslation();
  const found = differences(before, after);
  if (found.length === 0) {
    return t("integration.revisions.same");
  }
  return (
    <ul className="differences">
      {found.map((difference) => (
        <li key={keyOf(difference)} className={`difference-${difference.kind}`}>
          <span className="difference-sign" aria-hidden="true">
            {SIGNS[difference.kind]}
          </span>
          <span className="anything">
            <Line difference={difference} before={before} after={after} />
          </span>
        </li>
      ))}
    </ul>
  );
}

interface LineProps {
  difference: Difference;
  before: RevisionView;
  after: RevisionView;
}

function Line({ difference, before, after }: LineProps) {
  const { t } = useTranslation();
  switch (difference.kind) {
    case "option": {
      const { field } = difference;
      const pair = [optionText(t, before, field), optionText(t, after, field)] as const;
      return <Fields label={t(`integration.revisions.fields.${field}`)} pairs={[pair]} />;
    }
    case "changed": {
      const { before: former, mapping } = difference;
      const pairs = MAPPING_FIELDS.filter((field) => former[field] !== mapping[field]).map(
        (field) => [fieldText(t, former, field), fieldText(t, mapping, field)] as const,
      );
      return <Fields label={`${t("integration.revisions.changed")}: ${mapping.property}`} pairs={pairs} />;
    }
    default: {
      const { property, name, type } = difference.mapping;
      const to = `${property} → ${name} (${t(`createIntegration.types.${type}`)})`;
      return `${t(`integration.revisions.${difference.kind}`)}: ${to}`;
    }
  }
}

function Fields({ label, pairs }: { label: string; pairs: readonly (readonly [string, string])[] }) {
  return (
    <>
      {label}
      {pairs.map(([from, to]) => (
        <div key={`${from} ${to}`}>
          <del className="difference-former">{from}</del> {"→"} <ins className="difference-latter">{to}</ins>
        </div>
      ))}
    </>
  );
}

function optionText(t: TFunction, revision: RevisionView, field: OptionField): string {
  const yes = (value: boolean) => t(value ? "integration.revisions.yes" : "integration.revisions.no");
  switch (field) {
    case "userId":
      return revision.user_id.property;
    case "trim":
      return yes(revision.user_id.trim);
    case "lowerCase":
      return yes(revision.user_id.lower_case);
    case "observedAt":
      return revision.observed_at?.property ?? t("integration.revisions.none");
    case "onInvalid":
      return t(`createIntegration.onInvalidChoices.${revision.on_invalid}`);
    case "onUnknown":
      return t(`createIntegration.onUnknownChoices.${revision.on_unknown}`);
  }
}

function fieldText(t: TFunction, mapping: MappingView, field: (typeof MAPPING_FIELDS)[number]): string {
  const label = t(`integration.revisions.fields.${field}`);
  switch (field) {
    case "attribute":
      return `${label}: ${mapping.name}`;
    case "type":
      return `${label}: ${t(`createIntegration.types.${mapping.type}`)}`;
    case "on_empty":
      return `${label}: ${t(`createIntegration.onEmptyChoices.${mapping.on_empty}`)}`;
    default:
      return `${label}: ${mapping[field] ?? t("integration.revisions.none")}`;
  }
}

function keyOf(difference: Difference): string {
  return difference.kind === "option" ? difference.field : `${difference.kind} ${difference.mapping.property}`;
}
