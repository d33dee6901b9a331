import type { actions as english } from "../en/actions";
import type { Shape } from "../shape";

export const actions: Shape<typeof english> = {
  back: "Zurück",
  cancel: "Abbrechen",
  close: "Schließen",
  copied: "Kopiert",
  copy: "Kopieren",
  delete: "Löschen",
  duplicate: "Duplizieren",
  edit: "Bearbeiten",
  next: "Weiter",
  notCopied: "Konnte nicht kopiert werden",
  pause: "Anhalten",
  reload: "Neu laden",
  remove: "Entfernen",
  restore: "Wiederherstellen",
  resume: "Fortsetzen",
  retry: "Erneut versuchen",
  save: "Speichern",
};
