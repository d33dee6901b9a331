export const table = {
  actions: "Actions",
  actionsFor: "Actions for {{name}}",
  matches_one: "{{count}} match",
  matches_other: "{{count}} matches",
  noMatch: "Nothing matches",
  noMatchText: "Nothing in the list fits the search.",
  clear: "Clear the search",
} as const;
