import type { shell as english } from "../en/shell";
import type { Shape } from "../shape";

export const shell: Shape<typeof english> = {
  name: "Inlet",
  home: "Startseite",
  language: "Sprache",
  languages: { de: "Deutsch", en: "English" },
  theme: "Darstellung",
  themes: { system: "Wie das System", light: "Hell", dark: "Dunkel" },
  account: "Konto",
  navigation: "Seiten",
  openNavigation: "Seitenliste öffnen",
  closeNavigation: "Seitenliste schließen",
  notifications: "Meldungen",
  breadcrumbs: "Wo Sie sind",
  data: "Daten",
  administration: "Verwaltung",
  loading: "Wird geladen",
  readOnly: "Sie können hier alles ansehen, aber nichts ändern.",
  leave: {
    title: "Diese Seite verlassen?",
    lost: "Ihre Eingaben sind nicht gespeichert und gehen verloren.",
    leave: "Verlassen",
    stay: "Bleiben",
  },
  notFound: {
    title: "Diese Seite gibt es nicht",
    text: "Vielleicht ist die Adresse falsch geschrieben, oder das Gesuchte wurde gelöscht.",
    home: "Zu den Datenintegrationen",
  },
  broken: {
    title: "Die Seite konnte nicht angezeigt werden",
    text: "Etwas Unerwartetes ist schiefgegangen. Meist hilft es, die Seite neu zu laden.",
    reload: "Seite neu laden",
  },
};
