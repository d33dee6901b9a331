import type { systems as english } from "../en/systems";
import type { Shape } from "../shape";

export const systems: Shape<typeof english> = {
  title: "Systeme und Umgebungen",
  description: "Die Produkte, deren Benutzer angereichert werden, und die getrennten Profilbestände eines jeden.",
  create: "System erstellen",
  createText: "Es beginnt mit den Umgebungen Production und QA.",
  search: "Nach Namen oder Schlüssel suchen",
  rename: "Umbenennen",
  renameOf: "„{{name}}“ umbenennen",
  attributes: "Attribute",
  environment: "Umgebung",
  environmentsOf: "Umgebungen von {{name}}",
  addEnvironment: "Umgebung hinzufügen",
  addEnvironmentTo: "Umgebung hinzufügen: {{name}}",
  editEnvironment: "„{{name}}“ bearbeiten",
  environmentText: "Ihre Profile sind getrennt: Dieselbe Benutzer-ID ist in jeder Umgebung ein anderer Benutzer.",
  noEnvironment: "Noch keine Umgebung",
  history: "Verlauf",
  historyOn: "Wird geführt",
  historyOff: "Wird nicht geführt",
  historyLabel: "Verlauf führen",
  historyText:
    "Die letzten fünf Werte je Attribut, die ersetzt wurden, zu spät kamen oder abgewiesen wurden. Sie erklären, warum ein Profil enthält, was es enthält.",
  historyCost:
    "Das Schreiben der Profile dieser Umgebung wird dadurch drei- bis viermal so aufwendig, denn mit jeder Änderung werden die letzten Werte des Benutzers gelesen und neu geschrieben. Schalten Sie es ein, wo Fragen gestellt werden. Es gilt ab jetzt; nach dem Ausschalten bleibt, was da ist.",
  empty: "Noch kein System",
  emptyText:
    "Ein System ist ein Produkt, dessen Benutzer angereichert werden, mit einer Umgebung für jeden Profilbestand.",
};
