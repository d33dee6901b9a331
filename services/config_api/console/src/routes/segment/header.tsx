import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import type { SegmentView } from "../../services/schema";
import { type Place, segmentPath } from "../../services/segments";
import { useApi, useCan } from "../../services/services";
import { environmentsQuery, systemsQuery } from "../../services/systems";

const DeleteDialog = lazy(() => import("../segments/delete-dialog"));

/** A segment's name and place, and what can be done to it. */
export function SegmentHeader({ view, place }: { view: SegmentView; place: Place }) {
  const { t } = useTranslation();
  const api = useApi();
  const can = useCan()("config:write");
  const { data: systems = [] } = useQuery(systemsQuery(api));
  const { data: environments = [] } = useQuery(environmentsQuery(api, place.system));
  const name = (list: readonly { key: string; name: string }[], key: string) =>
    list.find((each) => each.key === key)?.name ?? key;
  const names = { system: name(systems, place.system), environment: name(environments, place.environment) };
  return (
    <Header
      variant="h1"
      description={
        <span className="anything">
          {t("segment.place", names)} · <code>{view.key}</code>
        </span>
      }
      actions={can && <Actions view={view} place={place} />}
    >
      <span className="anything">{view.name}</span>
    </Header>
  );
}

function Actions({ view, place }: { view: SegmentView; place: Place }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  return (
    <>
      <SpaceBetween direction="horizontal" size="xs">
        <Button onClick={() => void navigate(`${segmentPath(place, view.key)}/edit`)}>{t("actions.edit")}</Button>
        <Button onClick={() => setDeleting(true)}>{t("actions.delete")}</Button>
      </SpaceBetween>
      <Suspense>
        {deleting && (
          <DeleteDialog
            place={place}
            segment={view}
            onClose={() => setDeleting(false)}
            onDeleted={() => void navigate(`/segments?${new URLSearchParams({ system: place.system })}`)}
          />
        )}
      </Suspense>
    </>
  );
}
