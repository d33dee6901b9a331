import type { password as english } from "../en/password";
import type { Shape } from "../shape";

export const password: Shape<typeof english> = {
  title: "Passwort ändern",
  text: "Hier bleiben Sie angemeldet; überall sonst werden Sie abgemeldet.",
  label: "Passwort",
  old: "Aktuelles Passwort",
  oldMissing: "Geben Sie Ihr aktuelles Passwort ein.",
  oldWrong: "Das ist nicht Ihr aktuelles Passwort.",
  new: "Neues Passwort",
  newText: "Mindestens 12 Zeichen.",
  newShort: "Geben Sie mindestens 12 Zeichen ein.",
  newLong: "Geben Sie höchstens 1.024 Zeichen ein.",
  again: "Neues Passwort wiederholen",
  againOther: "Das ist nicht dasselbe.",
  suggest: "Eines vorschlagen",
  copy: "Passwort kopieren",
  suggested: "Das Passwort ist nur zu sehen, bis dieser Dialog geschlossen wird.",
  changed: "Ihr Passwort ist geändert.",
};
