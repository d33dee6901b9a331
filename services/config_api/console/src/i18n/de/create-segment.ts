import type { createSegment as english } from "../en/create-segment";
import type { Shape } from "../shape";

export const createSegment: Shape<typeof english> = {
  title: "Segment erstellen",
  description: "Wer dazugehört, entscheidet eine Bedingung über Attribute.",
  define: "Name und Umgebung",
  system: "System",
  systemPlaceholder: "System wählen",
  systemMissing: "Wählen Sie ein System.",
  environment: "Umgebung",
  environmentPlaceholder: "Umgebung wählen",
  environmentMissing: "Wählen Sie eine Umgebung.",
  fixed: "Das ändert sich nie.",
  condition: "Bedingung",
  conditionText: "Mitglied ist, auf wen das Ganze zutrifft.",
  noAttributes: "Dieses System hat noch keine Attribute: Integrationen legen die an, die sie speisen.",
  chooseSystem: "Wählen Sie ein System: Bedingungen gelten für seine Attribute.",
  preview: "Auf wen es jetzt zutrifft",
  previewText: "Mit jeder Änderung neu gezählt.",
  users_one: "Benutzer",
  users_other: "Benutzer",
  sample: "Die ersten davon",
  incomplete: "Sobald die Bedingung vollständig ist, wird gezählt.",
  nobody: "Die Bedingung trifft gerade auf niemanden zu.",
  created: "„{{name}}“ ist erstellt.",
};
