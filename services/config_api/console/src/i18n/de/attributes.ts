import type { attributes as english } from "../en/attributes";
import type { Shape } from "../shape";

export const attributes: Shape<typeof english> = {
  title: "Attribute",
  description: "Was die Profile eines Systems enthalten, gleich aus welcher Integration es kommt.",
  create: "Attribut erstellen",
  createIn: "Attribut von „{{name}}“ erstellen",
  search: "Nach Namen oder Schlüssel suchen",
  system: "System",
  type: "Typ",
  typeText: "Er ändert sich nie: Ein Wert behält seine Bedeutung.",
  fedBy: "Gespeist von",
  nobody: "Keiner Integration",
  rename: "Umbenennen",
  renameOf: "„{{name}}“ umbenennen",
  renameText: "Profile behalten seine Werte, und jede Integration speist es weiter.",
  empty: "Noch kein Attribut",
  emptyText: "Integrationen legen die Attribute an, die sie speisen; andere lassen sich hier vorab erstellen.",
  noSystem: "Noch kein System",
  noSystemText: "Attribute gehören zu einem System.",
  toSystems: "Zu den Systemen",
  deleteOf: "„{{name}}“ löschen?",
  deleteText:
    "Profile zeigen es nicht mehr, und seine Werte kommen nicht zurück. Ein Attribut, das verwendet wird, lässt sich nicht löschen.",
  deleted: "„{{name}}“ ist gelöscht.",
  usedBy: "Es wird noch verwendet: {{names}}.",
};
