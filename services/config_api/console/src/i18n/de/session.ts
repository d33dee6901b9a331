import type { session as english } from "../en/session";
import type { Shape } from "../shape";

export const session: Shape<typeof english> = {
  title: "Bei Inlet anmelden",
  lead: "Benutzerdaten, innerhalb einer Sekunde da.",
  expiredTitle: "Ihre Sitzung ist beendet",
  expired: "Melden Sie sich erneut an, um dort weiterzumachen, wo Sie waren. Ihre Eingaben sind noch da.",
  name: "Benutzername",
  nameMissing: "Geben Sie Ihren Benutzernamen ein.",
  password: "Passwort",
  passwordMissing: "Geben Sie Ihr Passwort ein.",
  signIn: "Anmelden",
  signOut: "Abmelden",
  roles: { admin: "Administrator", editor: "Bearbeiter", viewer: "Betrachter" },
};
