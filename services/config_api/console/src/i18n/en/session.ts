export const session = {
  title: "Sign in to Inlet",
  lead: "User data in, within a second.",
  expiredTitle: "Your session has ended",
  expired: "Sign in again to go on where you were. What you had entered is still here.",
  name: "User name",
  nameMissing: "Enter your user name.",
  password: "Password",
  passwordMissing: "Enter your password.",
  signIn: "Sign in",
  signOut: "Sign out",
  roles: { admin: "Admin", editor: "Editor", viewer: "Viewer" },
} as const;
