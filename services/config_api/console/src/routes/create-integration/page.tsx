import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Wizard from "@cloudscape-design/components/wizard";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { DefineFields } from "../../components/definition/define-fields";
import { MappingFields } from "../../components/definition/mapping-fields";
import { Sample } from "../../components/definition/sample";
import { LeaveGuard } from "../../components/leave-guard";
import { ProblemAlert } from "../../components/problem-alert";
import { ReadOnly } from "../../components/read-only";
import { useTitle } from "../../components/use-title";
import { EMPTY } from "../../services/definition";
import { madeUpRecord, recordsOf } from "../../services/sample";
import { useCan } from "../../services/services";
import { EndpointStep } from "./endpoint-step";
import { LIST, useWizard } from "./use-wizard";

/** Create incoming API integration: three steps from a name to the first record. */
export function Component() {
  return useCan()("config:write") ? <Create /> : <ReadOnly />;
}

function Create() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const wizard = useWizard();
  const [sample, setSample] = useState("");
  const { draft, kept } = wizard;
  const steps = useSteps(wizard, sample, setSample);
  useTitle(t("createIntegration.title"));
  return (
    <ContentLayout header={<Header variant="h1">{t("createIntegration.title")}</Header>}>
      <Wizard
        activeStepIndex={wizard.step}
        isLoadingNextStep={wizard.busy}
        submitButtonText={t("actions.save")}
        onNavigate={({ detail }) => void wizard.go(detail.requestedStepIndex)}
        onCancel={() => void navigate(LIST)}
        onSubmit={wizard.save}
        steps={steps}
      />
      <LeaveGuard
        when={!wizard.done && (draft !== EMPTY || sample !== "")}
        text={t(kept !== undefined && kept.draft === draft ? "createIntegration.leaveDraft" : "shell.leave.lost")}
      />
    </ContentLayout>
  );
}

function useSteps(wizard: ReturnType<typeof useWizard>, sample: string, setSample: (text: string) => void) {
  const { t } = useTranslation();
  const [accessToken, setAccessToken] = useState<string>();
  const { draft, setDraft, kept, faults, error, others } = wizard;
  const fields = { draft, onChange: setDraft, faults };
  const records = recordsOf(sample) ?? `[${madeUpRecord(draft.userId, draft.properties)}]`;
  const step = (name: "define" | "map" | "endpoint", content: ReactNode) => ({
    title: t(`createIntegration.steps.${name}`),
    description: t(`createIntegration.steps.${name}Text`),
    content: (
      <SpaceBetween size="l">
        {error !== null && <ProblemAlert error={error} others={others} />}
        {content}
      </SpaceBetween>
    ),
  });
  return [
    step("define", <DefineFields {...fields} fixed={kept !== undefined} />),
    step(
      "map",
      <div className="mapping-room">
        <div className="mapping">
          <MappingFields {...fields} />
          <div className="mapping-sample">
            <Sample text={sample} onText={setSample} draft={draft} onChange={setDraft} />
          </div>
        </div>
      </div>,
    ),
    step(
      "endpoint",
      kept !== undefined && (
        <EndpointStep
          integration={kept.integration}
          integrationToken={kept.token}
          accessToken={accessToken}
          onAccessToken={setAccessToken}
          records={records}
        />
      ),
    ),
  ];
}
