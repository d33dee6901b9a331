import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useTranslation } from "react-i18next";
import { newProperty, type PropertyDraft } from "../../services/definition";
import { Choice } from "./choice";
import type { FieldsProps } from "./fields";
import { PropertyRow } from "./property-row";
import "./definition.css";

/** Which property names the user, which ones become attributes, and what becomes of those that do not fit. */
export function MappingFields(props: FieldsProps) {
  return (
    <SpaceBetween size="l">
      <UserIdFields {...props} />
      <PropertiesFields {...props} />
      <OptionFields {...props} />
    </SpaceBetween>
  );
}

function UserIdFields({ draft, onChange, faults }: FieldsProps) {
  const { t } = useTranslation();
  return (
    <Container>
      <SpaceBetween size="s">
        <FormField
          label={t("createIntegration.userId")}
          description={t("createIntegration.userIdText")}
          errorText={faults.get("/user_id")}
        >
          <Input
            value={draft.userId}
            spellcheck={false}
            onChange={({ detail }) => onChange({ ...draft, userId: detail.value })}
          />
        </FormField>
        <SpaceBetween size="l" direction="horizontal">
          <Checkbox checked={draft.trim} onChange={({ detail }) => onChange({ ...draft, trim: detail.checked })}>
            {t("createIntegration.trim")}
          </Checkbox>
          <Checkbox
            checked={draft.lowerCase}
            onChange={({ detail }) => onChange({ ...draft, lowerCase: detail.checked })}
          >
            {t("createIntegration.lowerCase")}
          </Checkbox>
        </SpaceBetween>
      </SpaceBetween>
    </Container>
  );
}

function PropertiesFields({ draft, onChange, faults }: FieldsProps) {
  const { t } = useTranslation();
  const properties = draft.properties;
  const change = (changed: PropertyDraft) =>
    onChange({ ...draft, properties: properties.map((each) => (each.row === changed.row ? changed : each)) });
  return (
    <Container
      header={
        <Header variant="h2" counter={`(${properties.length})`} description={t("createIntegration.propertiesText")}>
          {t("createIntegration.properties")}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {properties.length === 0 && <Box color="text-body-secondary">{t("createIntegration.noProperties")}</Box>}
        {properties.map((property, index) => (
          <PropertyRow
            key={property.row}
            value={property}
            first={index === 0}
            fault={(field) => faults.get(`/mappings/${index}/${field}`)}
            onChange={change}
            onRemove={() => onChange({ ...draft, properties: properties.filter(({ row }) => row !== property.row) })}
          />
        ))}
        <Button onClick={() => onChange({ ...draft, properties: [...properties, newProperty(draft)] })}>
          {t("createIntegration.addProperty")}
        </Button>
      </SpaceBetween>
    </Container>
  );
}

function OptionFields({ draft, onChange, faults }: FieldsProps) {
  const { t } = useTranslation();
  return (
    <ExpandableSection headerText={t("createIntegration.moreOptions")} variant="container">
      <SpaceBetween size="l">
        <FormField label={t("createIntegration.onInvalid")}>
          <Choice
            choices={["reject_value", "reject_record"]}
            text={(choice) => t(`createIntegration.onInvalidChoices.${choice}`)}
            value={draft.onInvalid}
            onChange={(onInvalid) => onChange({ ...draft, onInvalid })}
          />
        </FormField>
        <FormField label={t("createIntegration.onUnknown")}>
          <Choice
            choices={["ignore", "reject_record"]}
            text={(choice) => t(`createIntegration.onUnknownChoices.${choice}`)}
            value={draft.onUnknown}
            onChange={(onUnknown) => onChange({ ...draft, onUnknown })}
          />
        </FormField>
        <FormField
          label={t("createIntegration.observedAt")}
          description={t("createIntegration.observedAtText")}
          errorText={faults.get("/observed_at")}
        >
          <Input
            value={draft.observedAt}
            spellcheck={false}
            onChange={({ detail }) => onChange({ ...draft, observedAt: detail.value })}
          />
        </FormField>
      </SpaceBetween>
    </ExpandableSection>
  );
}
