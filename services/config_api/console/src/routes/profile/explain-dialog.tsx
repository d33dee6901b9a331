import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { Link } from "../../components/link";
import { ProblemAlert } from "../../components/problem-alert";
import { Waiting } from "../../components/waiting";
import { useFormats } from "../../services/formats";
import { codeText } from "../../services/problems";
import { explanationQuery, type Person } from "../../services/profiles";
import type { Candidate, Explained, Explanation } from "../../services/schema";
import { useApi } from "../../services/services";
import "./explain-dialog.css";

interface ExplainDialogProps {
  person: Person;
  attribute: string;
  name: string;
  /** The names of integrations by id. */
  integrations: ReadonlyMap<number, string>;
  onClose: () => void;
}

/** Why an attribute has its value: what is held now, and what lost against it, the latest first. */
export function ExplainDialog({ person, attribute, name, integrations, onClose }: ExplainDialogProps) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(explanationQuery(useApi(), person, attribute));
  return (
    <Modal
      visible
      size="large"
      header={<span className="anything">{t("profile.explanation.title", { name })}</span>}
      closeAriaLabel={t("actions.close")}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <Button variant="primary" onClick={onClose}>
            {t("actions.close")}
          </Button>
        </Box>
      }
    >
      {error !== null && <ProblemAlert error={error} onRetry={() => void refetch()} />}
      {error === null && data === undefined && <Waiting />}
      {data !== undefined && <Timeline explanation={data} integrations={integrations} />}
    </Modal>
  );
}

type Names = ExplainDialogProps["integrations"];

function Timeline({ explanation, integrations }: { explanation: Explanation; integrations: Names }) {
  const { t } = useTranslation();
  const { current, candidates, history } = explanation;
  return (
    <SpaceBetween size="m">
      <ol className="candidates">
        <li className="candidate-held">
          <Box variant="h3" padding="n">
            {t("profile.explanation.current")}
          </Box>
          {current === null ? (
            <Box>{t("profile.explanation.nothing")}</Box>
          ) : (
            <Entry of={current} text={current.text ?? t("profile.explanation.cleared")} integrations={integrations} />
          )}
        </li>
        {candidates.map((each) => (
          <li key={`${each.candidate.receipt} ${each.candidate.index} ${each.reason}`}>
            <Box color="text-body-secondary">{reason(t, each)}</Box>
            <Entry of={each.candidate} text={lostText(t, each)} integrations={integrations} />
          </li>
        ))}
      </ol>
      {candidates.length === 0 && history && <Box>{t("profile.explanation.alone")}</Box>}
      {!history && <Box color="text-body-secondary">{t("profile.explanation.noHistory")}</Box>}
    </SpaceBetween>
  );
}

function Entry({ of, text, integrations }: { of: Explained; text: string; integrations: Names }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const name = integrations.get(of.integration) ?? String(of.integration);
  const times = {
    observed: formats.dateTime(of.observed_at),
    received: formats.dateTime(of.received_at),
    written: formats.dateTime(of.written_at),
  };
  return (
    <>
      <div className="candidate-value anything">{text}</div>
      <Box variant="small" display="block">
        <span className="anything">
          {of.revision === null ? name : t("profile.explanation.from", { name, revision: of.revision })}
        </span>
        {" · "}
        <Link to={`/receipts/${of.receipt}`} fontSize="body-s">
          {t("profile.record", { number: formats.number(of.index + 1) })}
        </Link>
      </Box>
      <Box variant="small" display="block">
        {t("profile.explanation.observed", times)}
      </Box>
    </>
  );
}

function reason(t: TFunction, { reason: why, code }: Candidate): string {
  const text = t(`profile.explanation.reasons.${why}`);
  return code === null ? text : `${text}: ${codeText(t, code)}`;
}

/** A clear has no text; nor has a refused value that was too long to be kept. */
function lostText(t: TFunction, { code, candidate: { text } }: Candidate): string {
  return text ?? t(code === null ? "profile.explanation.cleared" : "profile.explanation.unkept");
}
