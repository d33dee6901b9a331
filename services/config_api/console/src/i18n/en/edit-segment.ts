export const editSegment = {
  title: "Edit segment",
  description: "A changed condition counts from the next request on.",
  saved: "“{{name}}” is saved.",
} as const;
