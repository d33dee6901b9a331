export const editIntegration = {
  title: "Edit integration",
  description:
    "A change of the mapping makes a new revision; what was accepted before is still mapped by the former one.",
  saved: "“{{name}}” is saved.",
  reload: "Load the new state",
} as const;
