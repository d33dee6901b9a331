import type { receipts as english } from "../en/receipts";
import type { Shape } from "../shape";

export const receipts: Shape<typeof english> = {
  title: "Quittungen",
  description:
    "Was aus jeder angenommenen Sendung geworden ist. Neue erscheinen von selbst, sobald sie verarbeitet sind.",
  states: { pending: "Ausstehend", written: "Geschrieben", failed: "Fehlgeschlagen" },
  columns: {
    received: "Empfangen",
    integration: "Integration",
    state: "Zustand",
    records: "Datensätze",
    written: "Geschrieben",
    rejected: "Abgewiesen",
    unmapped: "Nicht zugeordnet",
  },
  values_one: "{{number}} Wert",
  values_other: "{{number}} Werte",
  filters: {
    integration: "Integration",
    allIntegrations: "Alle Integrationen",
    state: "Zustand",
    allStates: "Alle Zustände",
    times: "Empfangen",
    anyTime: "Zu beliebiger Zeit",
    receivedAnyTime: "Zu beliebiger Zeit empfangen",
    lately: "Zuletzt",
    fromTo: "Von … bis …",
    endFirst: "Das Ende muss nach dem Anfang liegen.",
    incomplete: "Wählen Sie Anfang und Ende.",
  },
  deleted: "Gelöscht",
  empty: {
    title: "Keine Quittung",
    text: "Nichts Empfangenes passt. Eine Sendung erscheint hier, sobald sie geschrieben oder fehlgeschlagen ist.",
  },
};
