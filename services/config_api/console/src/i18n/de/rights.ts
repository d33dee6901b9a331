import type { rights as english } from "../en/rights";
import type { Shape } from "../shape";

export const rights: Shape<typeof english> = {
  scopes: {
    dataWrite: "Daten senden",
    receiptsRead: "Quittungen lesen",
    profilesRead: "Profile lesen",
    profilesErase: "Profile löschen",
    configRead: "Definitionen lesen",
    configWrite: "Definitionen ändern",
    usersManage: "Benutzer und Token verwalten",
  },
  scopeTexts: {
    dataWrite: "Datensätze an den Endpoint senden (data:write).",
    receiptsRead: "Sehen, was aus Gesendetem wurde, auch abgewiesene Datensätze (receipts:read).",
    profilesRead: "Benutzer mit allen ihren Attributen sehen (profiles:read).",
    profilesErase: "Daten eines Benutzers exportieren und endgültig löschen (profiles:erase).",
    configRead: "Integrationen, Systeme, Attribute und das Änderungsprotokoll sehen (config:read).",
    configWrite: "Integrationen, Systeme und Attribute anlegen und ändern (config:write).",
    usersManage: "Konsolenbenutzer und Zugriffstoken anlegen und ändern (users:manage).",
  },
  systems: "Systeme",
  all: "Alle Systeme",
  allText: "Auch solche, die später angelegt werden.",
  chosen: "Nur diese",
  choose: "Systeme wählen",
  none: "Kein System",
  systemsMissing: "Wählen Sie mindestens ein System.",
  shownOnce: "Kopieren Sie es jetzt: Es wird nur dieses eine Mal angezeigt; gespeichert wird nur sein Hash.",
  copy: "Token kopieren",
  kept: "Ich habe es kopiert",
  overlap: "Das bisherige Token gilt noch",
  overlaps: { none: "Gar nicht", hour: "Eine Stunde", day: "Einen Tag", week: "Sieben Tage", month: "30 Tage" },
};
