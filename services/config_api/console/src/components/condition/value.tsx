import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useTranslation } from "react-i18next";
import { type ComparisonDraft, shapeOf, UNITS } from "../../services/conditions";
import type { AttributeType } from "../../services/schema";
import { Choice } from "../definition/choice";
import { MomentField } from "./moment-field";
import { TextList } from "./text-list";

interface ValueProps {
  draft: ComparisonDraft;
  type: AttributeType;
  fault: string | undefined;
  onChange: (draft: ComparisonDraft) => void;
}

/** What a comparison compares with, as its operator and its attribute's type have it. */
export function ValueFields(props: ValueProps) {
  const { t } = useTranslation();
  const { draft, fault, onChange } = props;
  switch (shapeOf(draft.operator)) {
    case "period":
      return <PeriodFields {...props} />;
    case "list":
      return <TextList texts={draft.texts} fault={fault} onChange={(texts) => onChange({ ...draft, texts })} />;
    case "two":
      return (
        <FormField errorText={fault}>
          <div className="comparison-two">
            <Single {...props} index={0} label={t("condition.from")} />
            <Single {...props} index={1} label={t("condition.to")} />
          </div>
        </FormField>
      );
    default: {
      const pattern = draft.operator === "matches";
      return (
        <FormField errorText={fault} constraintText={pattern && t("condition.patternText")}>
          <Single {...props} index={0} label={t("condition.value")} />
        </FormField>
      );
    }
  }
}

/** One value. A number is entered as text: it may have more digits than JavaScript's do. */
function Single({ draft, type, onChange, index, label }: ValueProps & { index: 0 | 1; label: string }) {
  const { t } = useTranslation();
  const value = draft.texts[index] ?? "";
  const change = (text: string) => {
    const other = draft.texts[1 - index] ?? "";
    const texts = index === 0 ? [text, ...draft.texts.slice(1)] : [other, text];
    onChange({ ...draft, texts });
  };
  if (type === "Date") {
    return <MomentField label={label} value={value} onChange={change} />;
  }
  return (
    <Input
      ariaLabel={label}
      value={value}
      spellcheck={false}
      autoComplete={false}
      {...(type === "Number" ? { inputMode: "decimal", placeholder: t("condition.numberPlaceholder") } : {})}
      onChange={({ detail }) => change(detail.value)}
    />
  );
}

function PeriodFields({ draft, fault, onChange }: ValueProps) {
  const { t } = useTranslation();
  const operator = draft.operator === "in_next" || draft.operator === "older_than" ? draft.operator : "in_last";
  return (
    <FormField errorText={fault}>
      <div className="comparison-period">
        <Input
          ariaLabel={t("condition.count")}
          inputMode="numeric"
          value={draft.count}
          onChange={({ detail }) => onChange({ ...draft, count: detail.value })}
        />
        <Choice
          label={t("condition.unit")}
          choices={UNITS}
          text={(unit) => t(`condition.units.${operator}.${unit}`)}
          value={draft.unit}
          onChange={(unit) => onChange({ ...draft, unit })}
        />
      </div>
    </FormField>
  );
}
