/** Attributes of a system: made, named anew, and deleted where nothing uses them. */
import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Role } from "../src/services/schema";
import { type Answers, answersOf, expectAccessible, integration, json, problem, show, signedIn } from "./console";

const MADE = { created_at: "2026-11-24T12:00:00Z", updated_at: "2026-11-24T12:00:00Z" };
const SEATS = { id: 1, key: "seats", name: "Seats", type: "Number", version: 8, ...MADE };
const MAPPING = {
  property: "n",
  attribute: "seats",
  name: "Seats",
  type: "Number",
  on_empty: "reject",
  date_format: null,
  time_zone: null,
} as const;

function answers(role: Role, more: Answers = {}): Answers {
  const others = { mappings: [MAPPING], system: "shop", name: "Of the shop", id: 8 };
  return {
    ...answersOf(signedIn(role), [integration({ mappings: [MAPPING] }), integration(others)]),
    "GET /api/v1/systems": () =>
      json({
        items: [
          { id: 1, key: "crm", name: "CRM", version: 1, ...MADE },
          { id: 2, key: "shop", name: "Webshop", version: 1, ...MADE },
        ],
        next: null,
      }),
    "GET /api/v1/systems/crm/attributes": () => json({ items: [SEATS], next: null }),
    "GET /api/v1/systems/shop/attributes": () => json({ items: [{ ...SEATS, key: "size", name: "Size" }], next: null }),
    ...more,
  };
}

async function choose(user: Awaited<ReturnType<typeof show>>["user"], action: string) {
  await user.click(await screen.findByRole("button", { name: "Actions for Seats" }));
  await user.click(await screen.findByRole("menuitem", { name: action }));
  return within(await screen.findByRole("dialog"));
}

it("shows each with its type, and which integrations of its system feed it", async () => {
  await show("/attributes", answers("editor"));
  const row = within((await screen.findByText("Seats")).closest("tr") as HTMLElement);
  expect(row.getByText("seats")).toBeTruthy();
  expect(row.getByText("Number")).toBeTruthy();
  expect(await row.findByText("CRM nightly")).toBeTruthy();
  expect(row.queryByText("Of the shop")).toBeNull();
  await expectAccessible();
});

it("goes from system to system, and keeps in the address which one it is", async () => {
  const { user } = await show("/attributes", answers("viewer"));
  await screen.findByText("Seats");
  await user.click(screen.getByRole("button", { name: /CRM/ }));
  await user.click(await screen.findByRole("option", { name: /Webshop/ }));
  expect(await screen.findByText("Size")).toBeTruthy();
  expect(window.location.search).toBe("?system=shop");
  expect(screen.queryByRole("button", { name: /Create|Actions/ })).toBeNull();
});

it("makes one of a type", async () => {
  // given
  const { user, sent } = await show(
    "/attributes?system=crm",
    answers("editor", { "POST /api/v1/systems/crm/attributes": () => json(SEATS, 201) }),
  );
  await user.click(await screen.findByRole("button", { name: "Create attribute" }));
  const dialog = within(await screen.findByRole("dialog"));
  // when
  await user.type(dialog.getByLabelText("Name"), "Hired on");
  await user.click(dialog.getByLabelText(/Type/));
  await user.click(await screen.findByRole("option", { name: /Date/ }));
  await expectAccessible();
  await user.click(dialog.getByRole("button", { name: "Create" }));
  // then
  expect(await screen.findByText("“Hired on” was created.")).toBeTruthy();
  const posted = await sent.find(({ method }) => method === "POST")?.json();
  expect(posted).toEqual({ name: "Hired on", key: "hired_on", type: "Date" });
});

it("renames one from the state that was read", async () => {
  const { user, sent } = await show(
    "/attributes",
    answers("editor", { "PUT /api/v1/systems/crm/attributes/seats": () => json(SEATS) }),
  );
  const dialog = await choose(user, "Rename");
  await user.type(dialog.getByLabelText("Name"), " in use{Enter}");
  expect(await screen.findByText("“Seats in use” is saved.")).toBeTruthy();
  expect(sent.find(({ method }) => method === "PUT")?.headers.get("If-Match")).toBe('"8"');
});

it.each([
  [{ integration: "CRM nightly" }, "It is still in use: CRM nightly."],
  [{ segments: ["Big", "Small"] }, "It is still in use: Big, Small."],
])("says what uses one that cannot be deleted: %j", async (members, text) => {
  // given
  const inUse = async () =>
    new Response(JSON.stringify({ ...(await problem(409, "in_use").json()), ...members }), {
      status: 409,
      headers: { "Content-Type": "application/problem+json" },
    });
  const { user } = await show(
    "/attributes",
    answers("editor", { "DELETE /api/v1/systems/crm/attributes/seats": inUse }),
  );
  // when
  const dialog = await choose(user, "Delete");
  await user.click(dialog.getByRole("button", { name: "Delete" }));
  // then
  expect(await dialog.findByText(text)).toBeTruthy();
});

it("deletes one after it has asked", async () => {
  const { user, sent } = await show(
    "/attributes",
    answers("editor", { "DELETE /api/v1/systems/crm/attributes/seats": () => new Response(null, { status: 204 }) }),
  );
  const dialog = await choose(user, "Delete");
  expect(sent.some(({ method }) => method === "DELETE")).toBe(false);
  await user.click(dialog.getByRole("button", { name: "Delete" }));
  expect(await screen.findByText("“Seats” is deleted.")).toBeTruthy();
  expect(sent.find(({ method }) => method === "DELETE")?.headers.get("If-Match")).toBe('"8"');
});
