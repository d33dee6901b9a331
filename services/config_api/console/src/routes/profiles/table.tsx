import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Ago } from "../../components/ago";
import { CursorPagination, hasOthers, useCursorPages } from "../../components/cursor-pages";
import { Link } from "../../components/link";
import { ProblemAlert } from "../../components/problem-alert";
import { profilePath, profilesQuery } from "../../services/profiles";
import type { ProfileView } from "../../services/schema";
import { useApi } from "../../services/services";
import "./profiles.css";

/** How many attributes are shown of each. */
const SHOWN = 6;

interface ProfilesTableProps {
  system: string;
  environment: string;
  prefix: string;
  filters: ReactNode;
  empty: ReactNode;
}

/** Profiles in the order of their user IDs. */
export function ProfilesTable({ system, environment, prefix, filters, empty }: ProfilesTableProps) {
  const { t } = useTranslation();
  const pages = useCursorPages(JSON.stringify([system, environment, prefix]));
  const query = profilesQuery(useApi(), system, environment, prefix, pages.cursor ?? "");
  const { data, error, isLoading, refetch } = useQuery(query);
  const next = data?.next ?? null;
  return (
    <SpaceBetween size="m">
      {error !== null && <ProblemAlert error={error} onRetry={() => void refetch()} />}
      <Table
        ariaLabels={{ tableLabel: t("profiles.title") }}
        items={data?.items ?? []}
        trackBy="user_id"
        loading={isLoading}
        loadingText={t("shell.loading")}
        empty={empty}
        filter={filters}
        wrapLines
        pagination={hasOthers(pages, next) && <CursorPagination pages={pages} next={next} />}
        columnDefinitions={[
          {
            id: "user",
            header: t("profiles.columns.user"),
            cell: ({ user_id: userId }) => (
              <Link to={profilePath({ system, environment, userId })}>
                <span className="anything">{userId}</span>
              </Link>
            ),
            isRowHeader: true,
            minWidth: 180,
          },
          { id: "attributes", header: t("profiles.columns.attributes"), cell: Attributes, minWidth: 260 },
          { id: "written", header: t("profiles.columns.written"), cell: Written, minWidth: 140 },
        ]}
      />
    </SpaceBetween>
  );
}

/** The first few values, as text: numbers may be longer than JavaScript's. */
function Attributes({ attributes }: ProfileView) {
  const { t } = useTranslation();
  const all = Object.entries(attributes);
  return (
    <div className="profile-values">
      {all.slice(0, SHOWN).map(([key, { name, text }]) => (
        <div key={key} className="profile-value">
          <Box variant="span" color="text-body-secondary">
            <span className="anything">{name}</span>
          </Box>{" "}
          <span className="anything">{text}</span>
        </div>
      ))}
      {all.length > SHOWN && <Box variant="small">{t("profiles.more", { count: all.length - SHOWN })}</Box>}
    </div>
  );
}

function Written({ attributes }: ProfileView) {
  const times = Object.values(attributes).map(({ written_at }) => written_at);
  const last = times.sort().at(-1);
  return last === undefined ? null : <Ago moment={last} />;
}
