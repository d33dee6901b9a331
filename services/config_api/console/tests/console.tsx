/** The console in happy-dom, on answers that a test gives. */
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { expect, vi } from "vitest";
import { App } from "../src/app";
import { type Language, loadTexts } from "../src/i18n";
import { createApi } from "../src/services/api";
import type { Code, IntegrationView, Role, Scope, SignedIn } from "../src/services/schema";
import { SessionStore } from "../src/services/session";

export type Answers = Record<string, (request: Request) => Response | Promise<Response>>;

const READS: Scope[] = ["config:read", "profiles:read", "receipts:read"];
const SCOPES: Record<Role, Scope[]> = {
  viewer: READS,
  editor: [...READS, "config:write", "data:write"],
  admin: [...READS, "config:write", "data:write", "profiles:erase", "users:manage"],
};

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

export function problem(status: number, code: Code, errors: unknown[] = []): Response {
  const body = { type: "about:blank", title: "", status, detail: "", code, requestId: "r-1", errors };
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/problem+json" } });
}

export function signedIn(role: Role, id = 1): SignedIn {
  const ends = "2030-01-01T00:00:00Z";
  const csrf_token = `csrf-${id}`;
  return {
    id,
    name: `${role} ${id}`,
    role,
    systems: null,
    scopes: SCOPES[role],
    csrf_token,
    expires_at: ends,
    ends_at: ends,
  };
}

export function integration(fields: Partial<IntegrationView> = {}): IntegrationView {
  return {
    id: 7,
    name: "CRM nightly",
    system: "crm",
    environment: "production",
    state: "active",
    revision: 1,
    version: 40,
    created_at: "2026-11-24T12:00:00Z",
    updated_at: "2026-11-24T12:00:00Z",
    user_id: { property: "userId", trim: false, lower_case: false },
    mappings: [],
    on_invalid: "reject_value",
    on_unknown: "ignore",
    observed_at: null,
    ...fields,
  };
}

/** Answers of an Inlet with these integrations, in which a user is signed in. */
export function answersOf(user: SignedIn, integrations: IntegrationView[]): Answers {
  const page = (items: unknown[]) => json({ items, next: null });
  return {
    "GET /api/v1/session": () => json(user),
    "GET /api/v1/systems": () => page([{ id: 1, key: "crm", name: "CRM", version: 1 }]),
    "GET /api/v1/systems/crm/environments": () => page([{ id: 1, key: "production", name: "Production", version: 1 }]),
    "GET /api/v1/systems/crm/attributes": () => page([]),
    "GET /api/v1/integrations": (request) => {
      const deleted = new URL(request.url).searchParams.get("state") === "deleted";
      return page(integrations.filter(({ state }) => (state === "deleted") === deleted));
    },
    "GET /api/v1/receipts": () => page([]),
    "GET /api/v1/receipts/counters": () => json({ items: [] }),
  };
}

/** Shows the console at a path. What it sends is kept in `sent`; a request that has no answer fails the test. */
export async function show(path: string, answers: Answers, language: Language = "en") {
  window.history.replaceState(null, "", path);
  const sent: Request[] = [];
  const fetch = async (request: Request) => {
    sent.push(request.clone());
    const answer = answers[`${request.method} ${new URL(request.url).pathname}`];
    if (answer === undefined) {
      throw new Error(`nothing answers ${request.method} ${request.url}`);
    }
    return answer(request);
  };
  vi.stubGlobal("fetch", fetch);
  const session = new SessionStore();
  const services = { api: createApi(session), session };
  const shown = render(<App services={services} texts={await loadTexts(language)} />);
  return { ...shown, sent, user: userEvent.setup({ delay: null }) };
}

/** Fails for what axe finds, but for what depends on styles and layout: happy-dom has none. Browsers are asked in tests/browser. */
export async function expectAccessible(): Promise<void> {
  const off = { enabled: false };
  const found = await axe.run(document.body, {
    rules: { "color-contrast": off, "landmark-unique": off, region: off, "aria-hidden-focus": off },
  });
  expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(", ")}`)).toEqual([]);
}
