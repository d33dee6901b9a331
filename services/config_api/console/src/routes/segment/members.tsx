import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { CursorPagination, hasOthers, useCursorPages } from "../../components/cursor-pages";
import { Link } from "../../components/link";
import { ProblemAlert } from "../../components/problem-alert";
import { useFormats } from "../../services/formats";
import { profilePath } from "../../services/profiles";
import type { SegmentView } from "../../services/schema";
import { countQuery, membersQuery, type Place } from "../../services/segments";
import { useApi } from "../../services/services";

const REFRESH_MS = 30_000;

/** How many members there are, and who they are, page by page; read anew while the page is open. */
export function Members({ view, place }: { view: SegmentView; place: Place }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const api = useApi();
  const pages = useCursorPages(`${view.key} ${view.version}`);
  const members = useQuery(membersQuery(api, place, view, pages.cursor ?? ""));
  const count = useQuery({ ...countQuery(api, place, view.condition), staleTime: 0, refetchInterval: REFRESH_MS });
  const next = members.data?.next ?? null;
  const error = members.error ?? count.error;
  const again = () => void Promise.all([members.refetch(), count.refetch()]);
  return (
    <SpaceBetween size="m">
      {error !== null && <ProblemAlert error={error} onRetry={again} />}
      <Table
        header={
          <Header
            variant="h2"
            counter={count.data === undefined ? "" : `(${formats.number(count.data.count)})`}
            description={t("segment.membersText")}
            actions={
              <Button iconName="refresh" loading={count.isFetching} loadingText={t("segment.counting")} onClick={again}>
                {t("segment.recount")}
              </Button>
            }
          >
            {t("segment.members")}
          </Header>
        }
        ariaLabels={{ tableLabel: t("segment.members") }}
        items={(members.data?.items ?? []).map((userId) => ({ userId }))}
        trackBy="userId"
        loading={members.isLoading}
        loadingText={t("shell.loading")}
        empty={<Box color="text-body-secondary">{t("segment.noMember")}</Box>}
        wrapLines
        pagination={hasOthers(pages, next) && <CursorPagination pages={pages} next={next} />}
        columnDefinitions={[
          {
            id: "user",
            header: t("segment.user"),
            cell: ({ userId }) => (
              <Link to={profilePath({ ...place, userId })}>
                <span className="anything">{userId}</span>
              </Link>
            ),
            isRowHeader: true,
          },
        ]}
      />
    </SpaceBetween>
  );
}
