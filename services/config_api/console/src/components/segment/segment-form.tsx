import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { newCondition } from "../../services/conditions";
import { ProblemError } from "../../services/problems";
import { ConditionFields } from "../condition/condition-fields";
import { LeaveGuard } from "../leave-guard";
import { NamedFields } from "../named-fields";
import { ProblemAlert } from "../problem-alert";
import { useFocusOnFault } from "../use-focus-on-fault";
import { LiveCountPanel } from "./live-count";
import { PlaceFields } from "./place-fields";
import type { useSegment } from "./use-segment";
import "./segment.css";

type Segment = ReturnType<typeof useSegment>;

interface SegmentFormProps {
  title: string;
  description: string;
  segment: Segment;
  /** The key that is made of the name; undefined: the segment is there, and so is its key. */
  proposed: string | undefined;
  changed: boolean;
  busy: boolean;
  error: Error | null;
  /** How often the API refused it. */
  refused: number;
  onSave: () => void;
  /** Where giving up leads. */
  back: string;
  /** Reads the segment again, where somebody else has changed it. */
  onReload?: () => void;
}

/** A segment's name, place and condition, with the users whom it fits beside. */
export function SegmentForm(props: SegmentFormProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { title, description, segment, changed, busy, error, refused, onSave, back, onReload } = props;
  const { draft, live, others, tries, check } = segment;
  const outdated = onReload !== undefined && error instanceof ProblemError && error.status === 412;
  useFocusOnFault(false, tries + refused);
  const header = (
    <Header variant="h1" description={description}>
      {title}
    </Header>
  );
  return (
    <ContentLayout header={header}>
      <SpaceBetween size="l">
        {error !== null && (
          <ProblemAlert
            error={error}
            others={others}
            {...(outdated ? { onRetry: onReload, retryText: t("editIntegration.reload") } : {})}
          />
        )}
        <div className="segment-room">
          <div className="segment-columns">
            <SpaceBetween size="l">
              <Define segment={segment} proposed={props.proposed} />
              <ConditionPart segment={segment} />
            </SpaceBetween>
            <div className="segment-aside">
              <LiveCountPanel live={live} place={draft} />
            </div>
          </div>
        </div>
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => void navigate(back)}>
              {t("actions.cancel")}
            </Button>
            <Button variant="primary" loading={busy} onClick={() => check() && onSave()}>
              {t("actions.save")}
            </Button>
          </SpaceBetween>
        </Box>
      </SpaceBetween>
      <LeaveGuard when={changed} text={t("shell.leave.lost")} />
    </ContentLayout>
  );
}

function Define({ segment, proposed }: { segment: Segment; proposed: string | undefined }) {
  const { t } = useTranslation();
  const { draft, setDraft, faults } = segment;
  return (
    <Container header={<Header variant="h2">{t("createSegment.define")}</Header>}>
      <SpaceBetween size="l">
        <NamedFields
          value={draft}
          onChange={(names) => setDraft({ ...draft, ...names })}
          proposed={proposed}
          faults={faults}
          autoFocus
        />
        <PlaceFields
          value={draft}
          fixed={proposed === undefined}
          faults={faults}
          // Attributes are the system's: another one's say nothing here.
          onChange={(place) =>
            setDraft({
              ...draft,
              ...place,
              condition: place.system === draft.system ? draft.condition : newCondition(),
            })
          }
        />
      </SpaceBetween>
    </Container>
  );
}

function ConditionPart({ segment }: { segment: Segment }) {
  const { t } = useTranslation();
  const { draft, setDraft, attributes, types, faults, isPending } = segment;
  const reading = isPending && draft.system !== "";
  const nothing = draft.system === "" ? "chooseSystem" : "noAttributes";
  return (
    <Container
      header={
        <Header variant="h2" description={t("createSegment.conditionText")}>
          {t("createSegment.condition")}
        </Header>
      }
    >
      {attributes.length === 0 ? (
        <Box color="text-body-secondary">{reading ? t("shell.loading") : t(`createSegment.${nothing}`)}</Box>
      ) : (
        <ConditionFields
          root={draft.condition}
          onChange={(condition) => setDraft({ ...draft, condition })}
          {...{ attributes, types, faults }}
        />
      )}
    </Container>
  );
}
