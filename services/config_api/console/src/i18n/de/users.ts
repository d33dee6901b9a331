import type { users as english } from "../en/users";
import type { Shape } from "../shape";

export const users: Shape<typeof english> = {
  title: "Konsolenbenutzer",
  description: "Wer sich hier anmelden darf, als was und für welche Systeme.",
  create: "Benutzer erstellen",
  search: "Nach Namen suchen",
  columns: { name: "Name", role: "Rolle", state: "Zustand", changed: "Zuletzt geändert" },
  active: "Aktiv",
  disabled: "Gesperrt",
  yourself: "Sie",
  nameText: "Womit sich der Benutzer anmeldet, gleich ob groß oder klein geschrieben.",
  role: "Rolle",
  roleTexts: {
    admin: "Alles, auch Benutzer und Zugriffstoken.",
    editor: "Ändert Definitionen und sendet Daten.",
    viewer: "Sieht alles außer Benutzern und Zugriffstoken und ändert nichts.",
  },
  systemsText: "Wessen Definitionen und Profile der Benutzer erreicht.",
  editOf: "„{{name}}“ bearbeiten",
  disable: "Sperren",
  disableOf: "„{{name}}“ sperren?",
  disableText: "Der Benutzer wird sofort abgemeldet und kann sich erst wieder anmelden, wenn ihn jemand entsperrt.",
  enable: "Entsperren",
  isDisabled: "„{{name}}“ ist gesperrt.",
  isEnabled: "„{{name}}“ darf sich wieder anmelden.",
  reset: "Passwort zurücksetzen",
  resetOf: "Passwort von „{{name}}“ zurücksetzen",
  resetText:
    "Der Benutzer wird überall abgemeldet. Geben Sie ihm das neue Passwort weiter; er kann es selbst wieder ändern.",
  isReset: "„{{name}}“ hat ein neues Passwort.",
  empty: "Kein Benutzer",
  emptyText: "Niemand, den Sie sehen dürfen, kann sich anmelden.",
};
