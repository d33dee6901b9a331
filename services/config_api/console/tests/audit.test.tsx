/** The audit log: who, when, what, and how it was before. */
import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Entry, Role } from "../src/services/schema";
import { type Answers, answersOf, expectAccessible, json, show, signedIn } from "./console";

function entry(fields: Partial<Entry> = {}): Entry {
  return {
    id: 1,
    at: "2026-11-24T12:00:00Z",
    actor: { id: "user:5", name: "anna" },
    action: "replaced",
    kind: "integration",
    object: "7",
    system: "crm",
    request_id: "r-17",
    before: { name: "CRM", state: "draft", on_invalid: "reject_value", observed_at: null, trim: false },
    after: { name: "CRM", state: "active", on_invalid: "reject_record", observed_at: "changed", trim: true },
    ...fields,
  };
}

/** Answers with these entries, newest first; `asked` gets what was asked for. */
function answers(entries: Entry[], role: Role = "admin", asked: URLSearchParams[] = []): Answers {
  return {
    ...answersOf(signedIn(role), []),
    "GET /api/v1/audit": (request) => {
      const query = new URL(request.url).searchParams;
      asked.push(query);
      const cursor = Number(query.get("cursor"));
      const items = entries.filter(
        ({ id, kind }) => (cursor === 0 || id < cursor) && (query.get("kind") ?? kind) === kind,
      );
      return json({ items: items.slice(0, 1), next: items.length > 1 ? String(items[0]?.id) : null });
    },
  };
}

it("says who changed what, and the first few places before and after", async () => {
  // given
  const { user } = await show("/audit", answers([entry()]));
  // then
  const row = within((await screen.findByText("anna")).closest("tr") as HTMLElement);
  expect(row.getByText(/Data integration · changed/)).toBeTruthy();
  expect(row.getByText("Console user")).toBeTruthy();
  expect(row.getByText("Draft").tagName).toBe("DEL");
  expect(row.getByText("Active").tagName).toBe("INS");
  expect(row.getByText("nothing")).toBeTruthy();
  expect(row.queryByText("Blanks removed")).toBeNull();
  await expectAccessible();
  // when
  await user.click(row.getByRole("button", { name: "1 more" }));
  // then
  expect(row.getByText("Blanks removed")).toBeTruthy();
  expect(row.getByText("yes")).toBeTruthy();
  expect(row.getByText("Request r-17")).toBeTruthy();
});

it("shows on demand what something held that was deleted, in German", async () => {
  const deleted = entry({ action: "deleted", after: null, actor: { id: "token:2", name: "Job" } });
  const { user } = await show("/audit", answers([deleted]), "de");
  const row = within((await screen.findByText("Job")).closest("tr") as HTMLElement);
  expect(row.getByText(/Datenintegration · gelöscht/)).toBeTruthy();
  expect(row.queryByText("Entwurf")).toBeNull();
  await user.click(row.getByRole("button", { name: "Inhalt anzeigen" }));
  expect(row.getByText("Entwurf").tagName).toBe("DEL");
});

it("filters by what is in the address, and keeps there what is chosen", async () => {
  // given
  const asked: URLSearchParams[] = [];
  const { user } = await show("/audit?kind=integration&object=7", answers([entry()], "admin", asked));
  await screen.findByText("anna");
  expect(Object.fromEntries(asked[0] ?? [])).toMatchObject({ kind: "integration", object: "7" });
  // when
  await user.click(screen.getByRole("button", { name: "Clear the filters" }));
  await user.click(screen.getByRole("button", { name: /Everything/ }));
  await user.click(await screen.findByRole("option", { name: "Attribute" }));
  // then
  expect(await screen.findByText("No change")).toBeTruthy();
  expect(asked.at(-1)?.get("kind")).toBe("attribute");
  expect(asked.at(-1)?.has("object")).toBe(false);
  expect(window.location.search).toBe("?kind=attribute");
});

it("takes nothing from the address that the API would not take for a filter", async () => {
  const asked: URLSearchParams[] = [];
  await show(`/audit?kind=%3Cb%3E&system=A%20b&object=${"x".repeat(300)}`, answers([entry()], "admin", asked));
  await screen.findByText("anna");
  expect(Object.fromEntries(asked[0] ?? [])).toEqual({ object: "x".repeat(255), cursor: "0", limit: "50" });
});

it("goes from a change to all changes of the same thing", async () => {
  const asked: URLSearchParams[] = [];
  const { user } = await show("/audit", answers([entry()], "admin", asked));
  await user.click(await screen.findByRole("link", { name: "CRM" }));
  await waitFor(() => expect(asked.at(-1)?.get("object")).toBe("7"));
  expect(window.location.search).toBe("?kind=integration&object=7");
});

it("loads older ones, after those that are shown", async () => {
  const older = entry({ id: 1, actor: { id: "user:6", name: "bert" } });
  const { user } = await show("/audit", answers([entry({ id: 2 }), older]));
  await screen.findByText("anna");
  expect(screen.queryByText("bert")).toBeNull();
  await user.click(screen.getByRole("button", { name: "Load older changes" }));
  expect(await screen.findByText("bert")).toBeTruthy();
  expect(screen.getByText("anna")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Load older changes" })).toBeNull();
});

it("offers viewers no kind that they may not see", async () => {
  const { user } = await show("/audit", answers([entry()], "viewer"));
  await user.click(await screen.findByRole("button", { name: /Everything/ }));
  expect(await screen.findByRole("option", { name: "Segment" })).toBeTruthy();
  expect(screen.queryByRole("option", { name: /Access token|Console user|Session/ })).toBeNull();
});

it("shows what a later release may say as it says it", async () => {
  await show("/audit", answers([entry({ kind: "webhook", action: "kicked", before: null, after: null })]));
  expect(await screen.findByText(/webhook · kicked/)).toBeTruthy();
});
