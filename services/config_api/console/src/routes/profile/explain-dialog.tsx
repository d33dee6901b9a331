import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { Link } from "../../components/link";
import { ProblemAlert } from "../../components/problem-alert";
import { Waiting } from "../../components/waiting";
import { type Formats, useFormats } from "../../services/formats";
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

/** Between these, the times as they are shown do not tell how much older something is. */
const LEAST_S = 0.01;
const MOST_S = 60;

type Names = ExplainDialogProps["integrations"];

function Timeline({ explanation, integrations }: { explanation: Explanation; integrations: Names }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { current, candidates, history } = explanation;
  return (
    <SpaceBetween size="m">
      <ol className="candidates">
        <li className="candidate-held">
          <StatusIndicator type="success">{t("profile.explanation.current")}</StatusIndicator>
          {current === null ? (
            <Box>{t("profile.explanation.nothing")}</Box>
          ) : (
            <Entry of={current} text={current.text ?? t("profile.explanation.cleared")} integrations={integrations} />
          )}
        </li>
        {candidates.map((each) => (
          <li
            key={`${each.candidate.receipt} ${each.candidate.index} ${each.reason}`}
            className={`candidate-${each.reason}`}
          >
            <StatusIndicator type={each.reason === "rejected" ? "error" : "stopped"} wrapText>
              {reason(t, formats, each, current)}
            </StatusIndicator>
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
      <div className="candidate-times numbers">
        <span>{t("profile.observed", { time: formats.dateTime(of.observed_at) })}</span>
        <span>{t("profile.received", { time: formats.dateTime(of.received_at) })}</span>
        <span>{t("profile.written", { time: formats.dateTime(of.written_at) })}</span>
      </div>
    </>
  );
}

function reason(t: TFunction, formats: Formats, each: Candidate, current: Explained | null): string {
  const seconds = current === null ? 0 : secondsBetween(each.candidate.observed_at, current.observed_at);
  if (each.reason === "older" && seconds >= LEAST_S && seconds < MOST_S) {
    return t("profile.explanation.reasons.olderBy", { seconds: formats.seconds(seconds) });
  }
  const tied = seconds === 0 && current !== null && each.candidate.received_at < current.received_at;
  const text = t(`profile.explanation.reasons.${each.reason === "older" && tied ? "earlier" : each.reason}`);
  return each.code === null ? text : `${text}: ${codeText(t, each.code)}`;
}

function secondsBetween(earlier: string, later: string): number {
  return (new Date(later).getTime() - new Date(earlier).getTime()) / 1000;
}

/** A clear has no text; nor has a refused value that was too long to be kept. */
function lostText(t: TFunction, { code, candidate: { text } }: Candidate): string {
  return text ?? t(code === null ? "profile.explanation.cleared" : "profile.explanation.unkept");
}
