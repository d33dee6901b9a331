import type { QueryClient } from "@tanstack/react-query";
import type { ComponentType } from "react";
import type { Words } from "./i18n";
import type { Api } from "./services/api";
import { integrationsQuery } from "./services/integrations";
import type { Scope } from "./services/schema";
import { systemsQuery } from "./services/systems";
import { trafficQuery } from "./services/traffic";

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
  /** Asks for what it shows first, while it is still being loaded and drawn. */
  ask?: (queries: QueryClient, api: Api) => void;
  load: () => Promise<{ Component: ComponentType }>;
}

/** Every page of the console. A new one is a folder in routes/, its texts in i18n/, and an entry here. */
export const pages: readonly Page[] = [
  {
    path: "/integrations",
    title: "integrations.title",
    section: "data",
    ask: (queries, api) => {
      void queries.prefetchQuery(integrationsQuery(api));
      void queries.prefetchQuery(systemsQuery(api));
      void queries.prefetchQuery(trafficQuery(api));
    },
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
    path: "/segments",
    title: "segments.title",
    section: "data",
    load: () => import("./routes/segments/page"),
  },
  {
    path: "/segments/create",
    title: "createSegment.title",
    parent: "/segments",
    load: () => import("./routes/create-segment/page"),
  },
  {
    path: "/segments/:system/:environment/:segment",
    title: "segment.title",
    parent: "/segments",
    load: () => import("./routes/segment/page"),
  },
  {
    path: "/segments/:system/:environment/:segment/edit",
    title: "editSegment.title",
    parent: "/segments/:system/:environment/:segment",
    load: () => import("./routes/edit-segment/page"),
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
