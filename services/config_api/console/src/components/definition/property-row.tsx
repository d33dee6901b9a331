import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useTranslation } from "react-i18next";
import { type PropertyDraft, TYPES } from "../../services/definition";
import { Choice } from "./choice";

interface PropertyRowProps {
  value: PropertyDraft;
  /** The first row is the one that shows an example. */
  first: boolean;
  fault: (field: string) => string | undefined;
  onChange: (value: PropertyDraft) => void;
  onRemove: () => void;
}

/** A property of the payload, and the attribute that it becomes. */
export function PropertyRow({ value, first, fault, onChange, onRemove }: PropertyRowProps) {
  const { t } = useTranslation();
  const named = value.property === "" ? t("createIntegration.property") : value.property;
  return (
    <fieldset className="property" aria-label={named}>
      <div className="property-fields">
        <FormField label={t("createIntegration.property")} errorText={fault("property") ?? fault("attribute")}>
          <Input
            value={value.property}
            spellcheck={false}
            placeholder={first ? t("createIntegration.propertyPlaceholder") : ""}
            onChange={({ detail }) => onChange({ ...value, property: detail.value })}
          />
        </FormField>
        <FormField label={t("createIntegration.displayName")} errorText={fault("name")}>
          <Input
            value={value.name}
            placeholder={value.property}
            onChange={({ detail }) => onChange({ ...value, name: detail.value })}
          />
        </FormField>
        <FormField label={t("createIntegration.type")} errorText={fault("type")}>
          <Choice
            choices={TYPES}
            text={(type) => t(`createIntegration.types.${type}`)}
            describe={(type) => t(`createIntegration.typeTexts.${type}`)}
            value={value.type}
            onChange={(type) => onChange({ ...value, type })}
          />
        </FormField>
        <div className="property-remove">
          <Button
            iconName="close"
            variant="icon"
            ariaLabel={t("createIntegration.removeProperty", { property: named })}
            onClick={onRemove}
          />
        </div>
      </div>
      <ExpandableSection
        headerText={t("createIntegration.options")}
        headerAriaLabel={t("createIntegration.optionsFor", { property: named })}
        {...((fault("date_format") ?? fault("time_zone") ?? fault("on_empty")) ? { expanded: true } : {})}
      >
        <Options value={value} fault={fault} onChange={onChange} />
      </ExpandableSection>
    </fieldset>
  );
}

function Options({ value, fault, onChange }: Pick<PropertyRowProps, "value" | "fault" | "onChange">) {
  const { t } = useTranslation();
  const empty =
    value.type === "String"
      ? (["reject", "keep", "clear", "ignore"] as const)
      : (["reject", "clear", "ignore"] as const);
  return (
    <div className="property-options">
      <FormField label={t("createIntegration.onEmpty")} errorText={fault("on_empty")}>
        <Choice
          choices={empty}
          text={(choice) => t(`createIntegration.onEmptyChoices.${choice}`)}
          value={empty.find((choice) => choice === value.onEmpty) ?? "reject"}
          onChange={(onEmpty) => onChange({ ...value, onEmpty })}
        />
      </FormField>
      {value.type === "Date" && (
        <>
          <FormField
            label={t("createIntegration.dateFormat")}
            constraintText={t("createIntegration.dateFormatText")}
            errorText={fault("date_format")}
          >
            <Input
              value={value.dateFormat}
              spellcheck={false}
              onChange={({ detail }) => onChange({ ...value, dateFormat: detail.value })}
            />
          </FormField>
          <FormField
            label={t("createIntegration.timeZone")}
            constraintText={t("createIntegration.timeZoneText")}
            errorText={fault("time_zone")}
          >
            <Input
              value={value.timeZone}
              spellcheck={false}
              onChange={({ detail }) => onChange({ ...value, timeZone: detail.value })}
            />
          </FormField>
        </>
      )}
    </div>
  );
}
