import type { segments as english } from "../en/segments";
import type { Shape } from "../shape";

export const segments: Shape<typeof english> = {
  title: "Segmente",
  description:
    "Benutzer, die nach dem, was über sie bekannt ist, zusammengehören. Wer dazugehört, wird bei jeder Anfrage neu ermittelt.",
  create: "Segment erstellen",
  search: "Nach Namen oder Bedingung suchen",
  system: "System",
  environment: "Umgebung",
  allEnvironments: "Alle Umgebungen",
  columns: {
    environment: "Umgebung",
    condition: "Bedingung",
    members: "Mitglieder",
    updated: "Geändert",
  },
  count: "Zählen",
  countOf: "Die Mitglieder von {{name}} zählen",
  empty: "Noch kein Segment",
  emptyText:
    "Definieren Sie eines durch eine Bedingung über Attribute; auf wie viele Benutzer sie zutrifft, sehen Sie dabei.",
  emptyViewer: "Bearbeiter können eines durch eine Bedingung über Attribute definieren.",
  noSystem: "Noch kein System",
  noSystemText: "Segmente gehören zu einer Umgebung eines Systems.",
  toSystems: "Zu den Systemen",
  deleteOf: "„{{name}}“ löschen?",
  deleteText:
    "Es lässt sich nicht wiederherstellen. Seiten, die Inhalte nach diesem Segment zeigen, zeigen sie nicht mehr; seine Benutzer behalten ihre Profile.",
  deleted: "„{{name}}“ ist gelöscht.",
};
