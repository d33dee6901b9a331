import type { TFunction } from "i18next";
import type { DefinitionDraft } from "../../services/definition";

/** The pointers of the first step's fields. */
export const DEFINED = ["/name", "/system", "/environment"];

/** What is missing on the first step, by pointer. */
export function checkDefine(t: TFunction, { name, system, environment }: DefinitionDraft): Map<string, string> {
  const faults = new Map<string, string>();
  if (name.trim() === "") {
    faults.set("/name", t("createIntegration.nameMissing"));
  }
  if (system === "") {
    faults.set("/system", t("createIntegration.systemMissing"));
  }
  if (system !== "" && environment === "") {
    faults.set("/environment", t("createIntegration.environmentMissing"));
  }
  return faults;
}

/** What is missing or said twice on the second step, by pointer. */
export function checkMapping(t: TFunction, { userId, properties }: DefinitionDraft): Map<string, string> {
  const faults = new Map<string, string>();
  if (userId === "") {
    faults.set("/user_id", t("createIntegration.userIdMissing"));
  }
  const seen = new Set<string>();
  properties.forEach(({ property }, index) => {
    if (property === "") {
      faults.set(`/mappings/${index}/property`, t("createIntegration.propertyMissing"));
    } else if (seen.has(property)) {
      faults.set(`/mappings/${index}/property`, t("createIntegration.propertyTwice"));
    }
    seen.add(property);
  });
  return faults;
}

/** The pointers that the form shows at its fields. */
export function pointersOf({ properties }: DefinitionDraft): string[] {
  const rows = properties.flatMap((_, index) =>
    ["property", "name", "attribute", "type", "on_empty", "date_format", "time_zone", ""].map((field) =>
      field === "" ? `/mappings/${index}` : `/mappings/${index}/${field}`,
    ),
  );
  return [...DEFINED, "/user_id", "/observed_at", ...rows];
}
