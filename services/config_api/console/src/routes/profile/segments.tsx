import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "../../components/link";
import { ProblemAlert } from "../../components/problem-alert";
import type { Person } from "../../services/profiles";
import type { ContextSegment } from "../../services/schema";
import { segmentPath, segmentsOfQuery } from "../../services/segments";
import { useApi } from "../../services/services";
import "./profile.css";

/** The segments that a user is in now. */
export function Segments({ person }: { person: Person }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(segmentsOfQuery(useApi(), person, person.userId));
  return (
    <Container
      header={
        <Header variant="h2" counter={data === undefined ? "" : `(${data.length})`}>
          {t("profile.segments")}
        </Header>
      }
    >
      {error !== null && <ProblemAlert error={error} onRetry={() => void refetch()} />}
      {error === null && data === undefined && <Box color="text-body-secondary">{t("shell.loading")}</Box>}
      {data !== undefined && <Listed person={person} segments={data} />}
    </Container>
  );
}

function Listed({ person, segments }: { person: Person; segments: readonly ContextSegment[] }) {
  const { t } = useTranslation();
  if (segments.length === 0) {
    return <Box color="text-body-secondary">{t("profile.noSegment")}</Box>;
  }
  return (
    <ul className="profile-segments">
      {segments.map(({ key, name }) => (
        <li key={key}>
          <Link to={segmentPath(person, key)}>
            <span className="anything">{name}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
