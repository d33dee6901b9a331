import type { names as english } from "../en/names";
import type { Shape } from "../shape";

export const names: Shape<typeof english> = {
  name: "Name",
  nameMissing: "Geben Sie einen Namen ein.",
  key: "Schlüssel",
  keyText: "Steht in Adressen und ändert sich nie: Kleinbuchstaben, Ziffern, _ und -.",
  keyInvalid: "Bis zu 63 Kleinbuchstaben, Ziffern, _ und -; zuerst ein Buchstabe oder eine Ziffer.",
  create: "Erstellen",
  created: "„{{name}}“ ist erstellt.",
  saved: "„{{name}}“ ist gespeichert.",
};
