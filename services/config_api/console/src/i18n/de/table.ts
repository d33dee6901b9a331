import type { table as english } from "../en/table";
import type { Shape } from "../shape";

export const table: Shape<typeof english> = {
  actions: "Aktionen",
  actionsFor: "Aktionen für {{name}}",
  matches_one: "{{count}} Treffer",
  matches_other: "{{count}} Treffer",
  noMatch: "Keine Treffer",
  noMatchText: "Nichts in der Liste passt zur Suche.",
  clear: "Suche leeren",
};
