import type { editSegment as english } from "../en/edit-segment";
import type { Shape } from "../shape";

export const editSegment: Shape<typeof english> = {
  title: "Segment bearbeiten",
  description: "Eine geänderte Bedingung gilt ab der nächsten Anfrage.",
  saved: "„{{name}}“ ist gespeichert.",
};
