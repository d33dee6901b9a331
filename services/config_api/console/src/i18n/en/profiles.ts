export const profiles = {
  title: "Profiles",
  description: "The users of a system, and what is known of each.",
  system: "System",
  environment: "Environment",
  prefix: "User ID begins with",
  columns: { user: "User ID", attributes: "Attributes", written: "Last written" },
  more_one: "and {{count}} more",
  more_other: "and {{count}} more",
  choose: { title: "Choose a system and an environment", text: "Profiles belong to an environment of a system." },
  empty: { title: "No profile", text: "No user ID begins like that." },
  none: {
    title: "No profile yet",
    text: "Once an integration of this environment receives data, its users appear here.",
  },
} as const;
