export const segments = {
  title: "Segments",
  description:
    "Users who belong together by what is known of them. Who is in a segment is looked up with each request.",
  create: "Create segment",
  search: "Find by name or condition",
  system: "System",
  environment: "Environment",
  allEnvironments: "All environments",
  columns: {
    environment: "Environment",
    condition: "Condition",
    members: "Members",
    updated: "Updated",
  },
  count: "Count",
  countOf: "Count the members of {{name}}",
  empty: "No segment yet",
  emptyText: "Define one by a condition over attributes; how many users it fits is shown while you do.",
  emptyViewer: "Editors can define one by a condition over attributes.",
  noSystem: "No system yet",
  noSystemText: "Segments belong to an environment of a system.",
  toSystems: "To the systems",
  deleteOf: "Delete “{{name}}”?",
  deleteText:
    "It cannot be restored. Pages that show content by this segment stop showing it; its users keep their profiles.",
  deleted: "“{{name}}” is deleted.",
} as const;
