import type { profile as english } from "../en/profile";
import type { Shape } from "../shape";

export const profile: Shape<typeof english> = {
  title: "Profil",
  copy: "Benutzer-ID kopieren",
  place: "{{system}}, {{environment}}",
  attributes: "Attribute",
  attributesText: "Jedes mit der Herkunft seines Werts.",
  segments: "Segmente",
  noSegment: "Der Benutzer ist gerade in keinem Segment.",
  none: "Zu diesem Benutzer ist kein Attribut bekannt.",
  columns: {
    attribute: "Attribut",
    value: "Wert",
    origin: "Herkunft",
    times: "Beobachtet",
    actions: "Aktionen",
  },
  empty: "(leerer Text)",
  record: "Quittung, Datensatz {{number}}",
  observed: "Beobachtet {{time}}",
  received: "Empfangen {{time}}",
  written: "Geschrieben {{time}}",
  explain: "Erklären",
  explainOne: "{{name}} erklären",
  explanation: {
    title: "Warum „{{name}}“ diesen Wert hat",
    current: "Gilt jetzt",
    nothing: "Es gilt nichts.",
    cleared: "geleert",
    unkept: "(länger als 256 Byte, nicht aufbewahrt)",
    reasons: {
      older: "Unterlegen: älter als das, was gilt.",
      olderBy: "Unterlegen: {{seconds}} s vor dem beobachtet, was gilt.",
      earlier: "Unterlegen: früher empfangen als das, was gilt.",
      cleared: "Unterlegen: älter als das Leeren.",
      rejected: "Abgewiesen",
    },
    from: "{{name}}, Revision {{revision}}",
    alone: "In letzter Zeit ist nichts unterlegen.",
    noHistory:
      "Diese Umgebung führt keinen Verlauf: Was gegen einen neueren Wert unterliegt, wird nicht aufbewahrt und lässt sich nicht zeigen.",
  },
  export: "Exportieren",
  exported:
    "Alles, was über den Benutzer gespeichert ist, steht in der Datei. Das Änderungsprotokoll hält fest, wer es exportiert hat.",
  erase: "Löschen",
  eraseTitle: "„{{user}}“ löschen?",
  eraseText:
    "Alle Werte, der Verlauf und die aufbewahrten abgewiesenen Datensätze dieses Benutzers werden endgültig gelöscht. Was bis jetzt beobachtet wurde, kommt nicht wieder, wie spät es auch eintrifft; was später beobachtet wird, ergibt ein neues Profil: Löschen Sie den Benutzer also zuerst in der Quelle.",
  erased: "„{{user}}“ ist gelöscht.",
};
