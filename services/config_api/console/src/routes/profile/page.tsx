import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { CopiedText } from "../../components/copied-text";
import { useNotify } from "../../components/notifications";
import { ProblemAlert } from "../../components/problem-alert";
import { useTitle } from "../../components/use-title";
import { Waiting } from "../../components/waiting";
import { problemText } from "../../services/problems";
import { exported, isInPath, type Person, profileQuery } from "../../services/profiles";
import { useApi, useCan } from "../../services/services";
import { environmentsQuery, systemsQuery } from "../../services/systems";
import { Attributes } from "./attributes";
import { saveJson } from "./download";
import { EraseDialog } from "./erase-dialog";
import { Segments } from "./segments";

/** One user: each attribute with its value and where it came from. */
export function Component() {
  const { t } = useTranslation();
  const [search] = useSearchParams();
  const person: Person = {
    system: search.get("system") ?? "",
    environment: search.get("environment") ?? "",
    userId: search.get("user_id") ?? "",
  };
  const { data, error, refetch } = useQuery(profileQuery(useApi(), person));
  useTitle(t("profile.title"));
  return (
    <ContentLayout header={<ProfileHeader person={person} />}>
      {error !== null && <ProblemAlert error={error} onRetry={() => void refetch()} />}
      {error === null &&
        (data === undefined ? (
          <Waiting />
        ) : (
          <SpaceBetween size="l">
            <Segments person={person} />
            <Attributes person={person} profile={data} />
          </SpaceBetween>
        ))}
    </ContentLayout>
  );
}

function ProfileHeader({ person }: { person: Person }) {
  const { t } = useTranslation();
  const api = useApi();
  const can = useCan()("profiles:erase");
  const { data: systems = [] } = useQuery(systemsQuery(api));
  const { data: environments = [] } = useQuery(environmentsQuery(api, person.system));
  const name = (list: readonly { key: string; name: string }[], key: string) =>
    list.find((each) => each.key === key)?.name ?? key;
  const place = { system: name(systems, person.system), environment: name(environments, person.environment) };
  return (
    <SpaceBetween size="xs">
      <Header
        variant="h1"
        description={<span className="anything">{t("profile.place", place)}</span>}
        actions={can && <Actions person={person} />}
      >
        {t("profile.title")}
      </Header>
      <CopiedText text={person.userId} label={t("profile.copy")} />
    </SpaceBetween>
  );
}

/** What may be done with all that is kept of a person. */
function Actions({ person }: { person: Person }) {
  const { t } = useTranslation();
  const api = useApi();
  const notify = useNotify();
  const [erasing, setErasing] = useState(false);
  const { mutate, isPending } = useMutation({
    mutationFn: () => exported(api, person),
    onSuccess: (text) => {
      saveJson(`profile-${person.system}-${person.environment}.json`, text);
      notify("success", t("profile.exported"));
    },
    onError: (error) => notify("error", problemText(t, error)),
  });
  return (
    <>
      <SpaceBetween direction="horizontal" size="xs">
        {isInPath(person.userId) && (
          <Button iconName="download" loading={isPending} onClick={() => mutate()}>
            {t("profile.export")}
          </Button>
        )}
        <Button onClick={() => setErasing(true)}>{t("profile.erase")}</Button>
      </SpaceBetween>
      {erasing && <EraseDialog person={person} onClose={() => setErasing(false)} />}
    </>
  );
}
