import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { DefineFields } from "../../components/definition/define-fields";
import { MappingFields } from "../../components/definition/mapping-fields";
import { Sample } from "../../components/definition/sample";
import { LeaveGuard } from "../../components/leave-guard";
import { useObjectName } from "../../components/object-name";
import { ProblemAlert } from "../../components/problem-alert";
import { useTitle } from "../../components/use-title";
import { ProblemError } from "../../services/problems";
import type { IntegrationView } from "../../services/schema";
import { LIST, useEdit } from "./use-edit";

interface EditFormProps {
  view: IntegrationView;
  /** Reads it again, where somebody else has changed it. */
  onReload: () => void;
}

export function EditForm({ view, onReload }: EditFormProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [sample, setSample] = useState("");
  const { draft, setDraft, changed, faults, others, error, busy, save } = useEdit(view);
  const fields = { draft, onChange: setDraft, faults };
  const outdated = error instanceof ProblemError && error.code === "version_conflict";
  useTitle(t("editIntegration.title"));
  useObjectName(view.name);
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={t("editIntegration.description")}>
          {t("editIntegration.title")}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {error !== null && (
          <ProblemAlert
            error={error}
            others={others}
            {...(outdated ? { onRetry: onReload, retryText: t("editIntegration.reload") } : {})}
          />
        )}
        <DefineFields {...fields} fixed />
        <div className="mapping-room">
          <div className="mapping">
            <MappingFields {...fields} />
            <div className="mapping-sample">
              <Sample text={sample} onText={setSample} draft={draft} onChange={setDraft} />
            </div>
          </div>
        </div>
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => void navigate(LIST)}>
              {t("actions.cancel")}
            </Button>
            <Button variant="primary" loading={busy} onClick={save}>
              {t("actions.save")}
            </Button>
          </SpaceBetween>
        </Box>
      </SpaceBetween>
      <LeaveGuard when={changed} text={t("shell.leave.lost")} />
    </ContentLayout>
  );
}
