import type { GroupDraft } from "../../services/conditions";

/** How a group's conditions go together, as it is chosen. */
export type Match = "all" | "any" | "not_any" | "not_all";

export const MATCHES: readonly Match[] = ["all", "any", "not_any", "not_all"];

export function matchOf({ match, negated }: GroupDraft): Match {
  return negated ? `not_${match}` : match;
}

export function withMatch(group: GroupDraft, chosen: Match): GroupDraft {
  return { ...group, negated: chosen.startsWith("not_"), match: chosen.endsWith("any") ? "any" : "all" };
}
