import type { segment as english } from "../en/segment";
import type { Shape } from "../shape";

export const segment: Shape<typeof english> = {
  title: "Segment",
  place: "{{system}}, {{environment}}",
  definition: "Definition",
  definitionText: "Mitglied ist, auf wen das Ganze zutrifft.",
  members: "Mitglieder",
  membersText: "Stand jetzt: Wer nach der nächsten Aktualisierung passt, zählt bei der nächsten Anfrage.",
  counting: "Wird gezählt",
  recount: "Neu zählen",
  noMember: "Die Bedingung trifft auf niemanden zu.",
  noRight: "Sie dürfen nicht sehen, wer dazugehört.",
  user: "Benutzer-ID",
  use: "Wo es verwendet werden kann",
  useText:
    "Der Kontext eines Benutzers nennt die Segmente, in denen er ist. Der eigene Server einer Website fragt danach: Das Zugriffstoken darf nie in einer Seite stehen.",
  context: "Kontext eines Benutzers",
  copyContext: "Adresse des Kontexts kopieren",
  snippet: "Auf dem Server der Website",
  copySnippet: "Codebeispiel kopieren",
};
