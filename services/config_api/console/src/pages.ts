import type { ComponentType } from "react";
import type { Words } from "./i18n";
import type { Scope } from "./services/schema";

type Title = { [K in keyof Words]: Words[K] extends { title: string } ? `${K}.title` : never }[keyof Words];

/** A page: where it is, what it is called, and what loads it. */
export interface Page {
  path: string;
  /** The key of its title. */
  title: Title;
  /** Where the side navigation has it; pages without are reached from another one. */
  section?: "data" | "administration";
  /** The right without which it has nothing to show; the navigation leaves it out then. */
  needs?: Scope;
  /** The page above it, for the breadcrumbs. */
  parent?: string;
  load: () => Promise<{ Component: ComponentType }>;
}

/** Every page of the console. A new one is a folder in routes/, its texts in i18n/, and an entry here. */
export const pages: readonly Page[] = [
  {
    path: "/integrations",
    title: "integrations.title",
    section: "data",
    load: () => import("./routes/integrations/page"),
  },
  {
    path: "/integrations/create",
    title: "createIntegration.title",
    parent: "/integrations",
    load: () => import("./routes/create-integration/page"),
  },
  {
    path: "/integrations/:integration",
    title: "integration.title",
    parent: "/integrations",
    load: () => import("./routes/integration/page"),
  },
  {
    path: "/integrations/:integration/edit",
    title: "editIntegration.title",
    parent: "/integrations/:integration",
    load: () => import("./routes/edit-integration/page"),
  },
  {
    path: "/systems",
    title: "systems.title",
    section: "administration",
    load: () => import("./routes/systems/page"),
  },
  {
    path: "/profiles",
    title: "profiles.title",
    section: "data",
    needs: "profiles:read",
    load: () => import("./routes/profiles/page"),
  },
  {
    path: "/profiles/user",
    title: "profile.title",
    parent: "/profiles",
    load: () => import("./routes/profile/page"),
  },
  {
    path: "/receipts",
    title: "receipts.title",
    section: "data",
    needs: "receipts:read",
    load: () => import("./routes/receipts/page"),
  },
  {
    path: "/receipts/:receipt",
    title: "receipt.title",
    parent: "/receipts",
    load: () => import("./routes/receipt/page"),
  },
  {
    path: "/attributes",
    title: "attributes.title",
    section: "administration",
    load: () => import("./routes/attributes/page"),
  },
  {
    path: "/access-tokens",
    title: "accessTokens.title",
    section: "administration",
    needs: "users:manage",
    load: () => import("./routes/access-tokens/page"),
  },
  {
    path: "/users",
    title: "users.title",
    section: "administration",
    needs: "users:manage",
    load: () => import("./routes/users/page"),
  },
  {
    path: "/audit",
    title: "audit.title",
    section: "administration",
    load: () => import("./routes/audit/page"),
  },
];

export const HOME = "/integrations";
