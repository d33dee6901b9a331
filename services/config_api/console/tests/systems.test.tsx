/** Systems and environments: made, named anew, and whether what loses is kept. */
import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Role } from "../src/services/schema";
import { type Answers, answersOf, expectAccessible, json, problem, show, signedIn } from "./console";

const MADE = { created_at: "2026-11-24T12:00:00Z", updated_at: "2026-11-24T12:00:00Z" };
const CRM = { id: 1, key: "crm", name: "CRM", version: 5, ...MADE };
const PRODUCTION = { id: 1, key: "production", name: "Production", history: false, version: 6, ...MADE };

function answers(role: Role, more: Answers = {}): Answers {
  return {
    ...answersOf(signedIn(role), []),
    "GET /api/v1/systems": () => json({ items: [CRM], next: null }),
    "GET /api/v1/systems/crm/environments": () =>
      json({ items: [PRODUCTION, { ...PRODUCTION, id: 2, key: "qa", name: "QA", history: true }], next: null }),
    ...more,
  };
}

it("shows each system with its environments, and what they keep", async () => {
  await show("/systems", answers("editor"));
  const table = within(await screen.findByRole("table", { name: "Environments of CRM" }));
  const row = async (name: string) => within((await table.findByText(name)).closest("tr") as HTMLElement);
  expect((await row("Production")).getByText("Not kept")).toBeTruthy();
  expect((await row("QA")).getByText("Kept")).toBeTruthy();
  expect((await row("QA")).getByText("qa")).toBeTruthy();
  await expectAccessible();
});

it("makes a system, with a key made of its name", async () => {
  // given
  const { user, sent } = await show(
    "/systems",
    answers("editor", { "POST /api/v1/systems": () => json({ ...CRM, key: "crm_2" }, 201) }),
  );
  await user.click(await screen.findByRole("button", { name: "Create system" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.click(dialog.getByRole("button", { name: "Create" }));
  expect(dialog.getByText("Enter a name.")).toBeTruthy();
  // when
  await user.type(dialog.getByLabelText("Name"), "CRM!");
  await user.click(dialog.getByRole("button", { name: "Create" }));
  // then
  expect(await screen.findByText("“CRM!” was created.")).toBeTruthy();
  expect(await sent.find(({ method }) => method === "POST")?.json()).toEqual({ name: "CRM!", key: "crm_2" });
});

it("has the cursor in the first field of a dialog, and afterwards where it was before", async () => {
  // given
  const { user } = await show("/systems", answers("editor"));
  const create = await screen.findByRole("button", { name: "Create system" });
  // when
  await user.click(create);
  const dialog = within(await screen.findByRole("dialog"));
  // then
  await waitFor(() => expect(document.activeElement).toBe(dialog.getByLabelText("Name")));
  await user.click(dialog.getByRole("button", { name: "Cancel" }));
  expect(document.activeElement).toBe(create);
});

it("shows at the key that it is taken, or not one", async () => {
  const { user } = await show(
    "/systems",
    answers("editor", {
      "POST /api/v1/systems": () => problem(409, "duplicate", [{ pointer: "/key", code: "duplicate", message: "" }]),
    }),
  );
  await user.click(await screen.findByRole("button", { name: "Create system" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.type(dialog.getByLabelText("Name"), "CRM");
  const key = dialog.getByLabelText("Key");
  await user.type(key, "Not a key");
  await user.click(dialog.getByRole("button", { name: "Create" }));
  expect(dialog.getByText(/^Up to 63 lower-case letters/)).toBeTruthy();
  await user.clear(key);
  await user.type(key, "crm");
  await user.click(dialog.getByRole("button", { name: "Create" }));
  expect(await dialog.findByText("This name or key is already taken.")).toBeTruthy();
  await waitFor(() => expect(key.getAttribute("aria-invalid")).toBe("true"));
});

it("renames a system from the state that was read", async () => {
  const { user, sent } = await show("/systems", answers("editor", { "PUT /api/v1/systems/crm": () => json(CRM) }));
  await user.click(await screen.findByRole("button", { name: "Rename “CRM”" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.type(dialog.getByLabelText("Name"), " of old{Enter}");
  expect(await screen.findByText("“CRM of old” is saved.")).toBeTruthy();
  const put = sent.find(({ method }) => method === "PUT");
  expect(put?.headers.get("If-Match")).toBe('"5"');
  expect(await put?.json()).toEqual({ name: "CRM of old" });
});

it("says what it costs to keep what loses, before it is switched on", async () => {
  // given
  const { user, sent } = await show(
    "/systems",
    answers("editor", { "PUT /api/v1/systems/crm/environments/production": () => json(PRODUCTION) }),
  );
  await user.click(await screen.findByRole("button", { name: "Edit “Production”" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.queryByText(/three to four times the work/)).toBeNull();
  // when
  await user.click(dialog.getByLabelText("Keep a history"));
  expect(dialog.getByText(/three to four times the work/)).toBeTruthy();
  await expectAccessible();
  await user.click(dialog.getByRole("button", { name: "Save" }));
  // then
  expect(await screen.findByText("“Production” is saved.")).toBeTruthy();
  const put = sent.find(({ method }) => method === "PUT");
  expect(put?.headers.get("If-Match")).toBe('"6"');
  expect(await put?.json()).toEqual({ name: "Production", history: true });
});

it("adds an environment to its system", async () => {
  const { user, sent } = await show(
    "/systems",
    answers("editor", { "POST /api/v1/systems/crm/environments": () => json(PRODUCTION, 201) }),
  );
  await user.click(await screen.findByRole("button", { name: "Add environment to “CRM”" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.type(dialog.getByLabelText("Name"), "Staging");
  await user.click(dialog.getByRole("button", { name: "Create" }));
  expect(await screen.findByText("“Staging” was created.")).toBeTruthy();
  const posted = await sent.find(({ method }) => method === "POST")?.json();
  expect(posted).toEqual({ name: "Staging", key: "staging", history: false });
});

it("lets a viewer look, and change nothing", async () => {
  await show("/systems", answers("viewer"));
  expect(await screen.findByText("QA")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Create|Rename|Add|Change/ })).toBeNull();
});

it("leads on where there is nothing yet", async () => {
  await show("/systems", answers("editor", { "GET /api/v1/systems": () => json({ items: [], next: null }) }));
  expect(await screen.findByText("No system yet")).toBeTruthy();
  expect(screen.getAllByRole("button", { name: "Create system" })).toHaveLength(2);
});
