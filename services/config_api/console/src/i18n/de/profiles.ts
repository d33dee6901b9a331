import type { profiles as english } from "../en/profiles";
import type { Shape } from "../shape";

export const profiles: Shape<typeof english> = {
  title: "Profile",
  description: "Die Benutzer eines Systems und was über jeden bekannt ist.",
  system: "System",
  environment: "Umgebung",
  prefix: "Benutzer-ID beginnt mit",
  columns: { user: "Benutzer-ID", attributes: "Attribute", written: "Zuletzt geschrieben" },
  more_one: "und {{count}} weiteres",
  more_other: "und {{count}} weitere",
  choose: { title: "System und Umgebung wählen", text: "Profile gehören zu einer Umgebung eines Systems." },
  empty: { title: "Kein Profil", text: "Keine Benutzer-ID beginnt so." },
  none: {
    title: "Noch kein Profil",
    text: "Sobald eine Integration dieser Umgebung Daten empfängt, erscheinen ihre Benutzer hier.",
  },
};
