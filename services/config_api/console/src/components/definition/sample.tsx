import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";
import { useTranslation } from "react-i18next";
import { type DefinitionDraft, missing, withProposals } from "../../services/definition";
import { previewQuery } from "../../services/preview";
import { recordsOf } from "../../services/sample";
import { useApi } from "../../services/services";
import { ProblemAlert } from "../problem-alert";
import { useSettled } from "../use-settled";
import { PreviewList } from "./preview-list";

interface SampleProps {
  text: string;
  onText: (text: string) => void;
  draft: DefinitionDraft;
  onChange: (draft: DefinitionDraft) => void;
}

/** A pasted payload: it proposes rows, and shows what the definition would make of it. */
export function Sample({ text, onText, draft, onChange }: SampleProps) {
  const { t } = useTranslation();
  const settled = useSettled(draft);
  const records = recordsOf(text);
  const { data, error } = useQuery(previewQuery(useApi(), settled, records));
  const preview = records === undefined ? undefined : data;
  const found = preview === undefined ? [] : missing(draft, preview.proposals);
  const propose = useEffectEvent(() => {
    if (preview !== undefined && draft.properties.length === 0) {
      onChange(withProposals(draft, preview.user_id, preview.proposals));
    }
  });
  const isFirst = preview !== undefined;
  useEffect(() => {
    if (isFirst) {
      propose();
    }
  }, [isFirst]);
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{t("createIntegration.sample")}</Header>}>
        <SpaceBetween size="s">
          <FormField
            description={t("createIntegration.sampleText")}
            errorText={text.trim() !== "" && records === undefined && t("createIntegration.sampleInvalid")}
            stretch
          >
            <div className="code-text">
              <Textarea
                ariaLabel={t("createIntegration.sample")}
                value={text}
                rows={8}
                spellcheck={false}
                placeholder={PLACEHOLDER}
                onChange={({ detail }) => onText(detail.value)}
              />
            </div>
          </FormField>
          {preview !== undefined && found.length > 0 && (
            <Button onClick={() => onChange(withProposals(draft, preview.user_id, preview.proposals))}>
              {t("createIntegration.propose", { count: found.length })}
            </Button>
          )}
        </SpaceBetween>
      </Container>
      <Container
        header={
          <Header variant="h2" description={t("createIntegration.previewText")}>
            {t("createIntegration.preview")}
          </Header>
        }
      >
        {error !== null && records !== undefined && <ProblemAlert error={error} />}
        {preview === undefined ? (
          <Box color="text-body-secondary">{t("createIntegration.previewEmpty")}</Box>
        ) : (
          <PreviewList preview={preview} draft={settled} />
        )}
      </Container>
    </SpaceBetween>
  );
}

const PLACEHOLDER = '{"userId": "u-17", "department": "Sales", "seats": 12, "hired": "2024-03-01"}';
