import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useApi } from "../services/services";
import { systemsQuery } from "../services/systems";
import { ShortName } from "./short-name";
import type { Reach } from "./systems-field";

/** The names of systems, or that it is all of them. */
export function SystemNames({ systems }: { systems: Reach }) {
  const { t } = useTranslation();
  const { data = [] } = useQuery(systemsQuery(useApi()));
  if (systems === null) {
    return t("rights.all");
  }
  const names = new Map(data.map(({ key, name }) => [key, name]));
  return (
    <>
      {systems.map((key) => (
        <ShortName key={key} text={names.get(key) ?? key} />
      ))}
      {systems.length === 0 && t("rights.none")}
    </>
  );
}
