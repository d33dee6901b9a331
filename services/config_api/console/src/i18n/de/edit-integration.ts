import type { editIntegration as english } from "../en/edit-integration";
import type { Shape } from "../shape";

export const editIntegration: Shape<typeof english> = {
  title: "Integration bearbeiten",
  description:
    "Eine geänderte Zuordnung wird eine neue Revision; was vorher angenommen wurde, wird noch nach der alten zugeordnet.",
  saved: "„{{name}}“ ist gespeichert.",
  reload: "Neuen Stand laden",
};
