import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useApi, useCan, useUser } from "./services";
import { accessTokensQuery } from "./tokens";
import { usersQuery } from "./users";

/** Who did something (such as user:1 or token:7), by name, as far as the user may know it. */
export function useActorName(): (actor: string) => string {
  const { t } = useTranslation();
  const api = useApi();
  const can = useCan()("users:manage");
  const me = useUser();
  const { data: users = [] } = useQuery({ ...usersQuery(api), enabled: can });
  const { data: tokens = [] } = useQuery(accessTokensQuery(api, can));
  const names = new Map([
    ...users.map(({ id, name }) => [`user:${id}`, name] as const),
    ...tokens.map(({ id, name }) => [`token:${id}`, name] as const),
    [`user:${me.id}`, me.name],
  ]);
  return (actor) => {
    const [kind, id] = actor.split(":");
    const unnamed =
      kind === "user" || kind === "token" ? t(`integration.revisions.actors.${kind}`, { id: id ?? "" }) : actor;
    return names.get(actor) ?? unnamed;
  };
}
