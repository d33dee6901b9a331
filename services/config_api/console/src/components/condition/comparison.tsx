import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import { useTranslation } from "react-i18next";
import { fieldPointer } from "../../services/condition-faults";
import { type ComparisonDraft, OPERATORS, ofAttribute, shapeOf } from "../../services/conditions";
import type { AttributeType, Operator } from "../../services/schema";
import { Choice } from "../definition/choice";
import type { ConditionContext } from "./fields";
import { ValueFields } from "./value";
import { operatorText } from "./words";

interface ComparisonProps {
  draft: ComparisonDraft;
  pointer: string;
  place: string;
  context: ConditionContext;
  /** Whether it was just added, and the next step is to choose its attribute. */
  newest: boolean;
  onChange: (draft: ComparisonDraft) => void;
  onRemove: () => void;
}

/** An attribute, an operator or its negation, and what it compares with. */
export function Comparison({ draft, pointer, place, context, newest, onChange, onRemove }: ComparisonProps) {
  const { t } = useTranslation();
  const { attributes, types, faults } = context;
  const type = types.get(draft.attribute);
  const fault = (field: "attribute" | "operator" | "value") => faults.get(fieldPointer(draft, pointer, field));
  const named = attributes.find(({ key }) => key === draft.attribute);
  const moments = type === "Date" && ["one", "two"].includes(shapeOf(draft.operator));
  const unknown =
    draft.attribute === ""
      ? null
      : { value: draft.attribute, label: t("condition.unknownAttribute", { key: draft.attribute }) };
  return (
    <fieldset className="condition-item" aria-label={t("condition.place", { place })}>
      <div className="comparison-room">
        <div className={moments ? "comparison comparison-moments" : "comparison"}>
          <FormField errorText={fault("attribute")}>
            <Select
              ariaLabel={t("condition.attribute")}
              autoFocus={newest}
              placeholder={t("condition.chooseAttribute")}
              options={attributes.map(({ key, name, type: each }) => ({
                value: key,
                label: name,
                description: t(`createIntegration.types.${each}`),
              }))}
              selectedOption={named === undefined ? unknown : { value: named.key, label: named.name }}
              filteringType={attributes.length > 10 ? "auto" : "none"}
              expandToViewport
              onChange={({ detail }) => {
                const key = detail.selectedOption.value ?? "";
                onChange(ofAttribute(draft, key, types.get(key) ?? "String", type));
              }}
            />
          </FormField>
          {type !== undefined && (
            <>
              <FormField errorText={fault("operator")}>
                <OperatorChoice {...{ draft, type, onChange }} />
              </FormField>
              {shapeOf(draft.operator) !== "none" && (
                <div className="comparison-value">
                  <ValueFields {...{ draft, type, onChange }} fault={fault("value") ?? faults.get(pointer)} />
                </div>
              )}
            </>
          )}
        </div>
      </div>
      <Button variant="icon" iconName="close" ariaLabel={t("condition.remove", { place })} onClick={onRemove} />
    </fieldset>
  );
}

interface OperatorChoiceProps {
  draft: ComparisonDraft;
  type: AttributeType;
  onChange: (draft: ComparisonDraft) => void;
}

type Chosen = Operator | `not ${Operator}`;

/** Each operator of the type, followed by its negation. */
function OperatorChoice({ draft, type, onChange }: OperatorChoiceProps) {
  const { t } = useTranslation();
  const operators = OPERATORS[type];
  const read = (chosen: Chosen) => ({
    negated: chosen.startsWith("not "),
    operator: operators.find((each) => chosen.endsWith(` ${each}`) || chosen === each) ?? draft.operator,
  });
  return (
    <Choice<Chosen>
      label={t("condition.comparison")}
      choices={operators.flatMap((each): Chosen[] => [each, `not ${each}`])}
      text={(chosen) => operatorText(t, read(chosen).operator, read(chosen).negated)}
      value={draft.negated ? `not ${draft.operator}` : draft.operator}
      onChange={(chosen) => onChange({ ...draft, ...read(chosen) })}
    />
  );
}
