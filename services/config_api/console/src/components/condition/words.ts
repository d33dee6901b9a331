import type { TFunction } from "i18next";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type ComparisonDraft, type GroupDraft, type ItemDraft, isGroup, shapeOf } from "../../services/conditions";
import type { AttributeView, Operator } from "../../services/schema";

/** How many texts of a list are said; the others are counted. */
const SAID = 3;

type Period = "in_last" | "in_next" | "older_than";

/** Conditions over some attributes in the user's words. */
export interface ConditionWords {
  /** An attribute's name, by its key. */
  name: (key: string) => string;
  /** What a comparison says of its attribute: "is at least 10". */
  predicate: (draft: ComparisonDraft) => string;
  /** A whole condition in one line; groups within it stand in brackets. */
  line: (root: GroupDraft) => string;
}

export function useConditionWords(attributes: readonly AttributeView[]): ConditionWords {
  const { t, i18n } = useTranslation();
  return useMemo(() => conditionWords(t, i18n.language, attributes), [t, i18n.language, attributes]);
}

export function conditionWords(t: TFunction, language: string, attributes: readonly AttributeView[]): ConditionWords {
  const byKey = new Map(attributes.map((attribute) => [attribute.key, attribute]));
  const name = (key: string) => byKey.get(key)?.name ?? t("condition.unknownAttribute", { key });
  // Of a text, where it begins and ends must be seen.
  const value = (draft: ComparisonDraft, text: string) =>
    byKey.get(draft.attribute)?.type === "String" ? t("condition.quoted", { text }) : text;
  const list = (draft: ComparisonDraft) => {
    const said = draft.texts.slice(0, SAID).map((text) => value(draft, text));
    const others = draft.texts.length - said.length;
    const all = others === 0 ? said : [...said, t("condition.others", { count: others })];
    return new Intl.ListFormat(language, { type: "disjunction" }).format(all);
  };
  const predicate = (draft: ComparisonDraft): string => {
    const said = operatorText(t, draft.operator, draft.negated);
    const [first = "", last = ""] = draft.texts.slice(0, 2).map((text) => value(draft, text));
    const texts = {
      none: () => said,
      period: () => periodText(t, draft),
      two: () => `${said} ${t("condition.range", { first, last })}`,
      list: () => `${said} ${list(draft)}`,
      one: () => `${said} ${first}`,
    };
    return texts[shapeOf(draft.operator)]();
  };
  return { name, predicate, line: (root) => lineOf(t, root, (item) => `${name(item.attribute)} ${predicate(item)}`) };
}

/** An operator or its negation, as it stands between an attribute and a value. */
export function operatorText(t: TFunction, operator: Operator, negated: boolean): string {
  return t(negated ? `condition.negations.${operator}` : `condition.operators.${operator}`);
}

function periodText(t: TFunction, { operator, negated, unit, count }: ComparisonDraft): string {
  const key = `${operator as Period}.${unit}` as const;
  const values = { count: Number(count) };
  return negated ? t(`condition.notPeriods.${key}`, values) : t(`condition.periods.${key}`, values);
}

function lineOf(t: TFunction, root: GroupDraft, comparison: (draft: ComparisonDraft) => string): string {
  const said = (item: ItemDraft): string => {
    if (!isGroup(item)) {
      return comparison(item);
    }
    const parts = item.items.map((each) => (isGroup(each) && !each.negated ? `(${said(each)})` : said(each)));
    const text = parts.join(t(item.match === "all" ? "condition.and" : "condition.or"));
    return item.negated ? t("condition.not", { text }) : text;
  };
  return said(root);
}
