/** Console users, and one's own password. */
import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { suggestedPassword } from "../src/services/passwords";
import type { UserView } from "../src/services/schema";
import { type Answers, answersOf, expectAccessible, integration, json, problem, show, signedIn } from "./console";

function anna(fields: Partial<UserView> = {}): UserView {
  return {
    id: 5,
    name: "anna",
    role: "editor",
    systems: ["crm"],
    disabled: false,
    version: 9,
    created_at: "2026-11-24T12:00:00Z",
    updated_at: "2026-11-24T12:00:00Z",
    ...fields,
  };
}

function answers(users: UserView[], more: Answers = {}): Answers {
  return {
    ...answersOf(signedIn("admin"), []),
    "GET /api/v1/users": () => json({ items: users, next: null }),
    ...more,
  };
}

async function choose(user: Awaited<ReturnType<typeof show>>["user"], action: string) {
  await user.click(await screen.findByRole("button", { name: "Actions for anna" }));
  await user.click(await screen.findByRole("menuitem", { name: action }));
}

const dialog = async () => within(await screen.findByRole("dialog"));

it("shows who may sign in, as what, for which systems", async () => {
  await show("/users", answers([anna(), anna({ id: 1, name: "boss", role: "admin", systems: null, disabled: true })]));
  const row = (name: string) => within(screen.getByText(name).closest("tr") as HTMLElement);
  await screen.findByText("anna");
  expect(row("anna").getByText("Editor")).toBeTruthy();
  expect(await row("anna").findByText("CRM")).toBeTruthy();
  expect(row("anna").getByText("Active")).toBeTruthy();
  expect(row("boss").getByText("All systems")).toBeTruthy();
  expect(row("boss").getByText("Disabled")).toBeTruthy();
  expect(row("boss").getByText(/you$/)).toBeTruthy();
  await expectAccessible();
});

it("makes one with a suggested password, which is shown to be passed on", async () => {
  // given
  const { user, sent } = await show("/users", answers([anna()], { "POST /api/v1/users": () => json(anna(), 201) }));
  await user.click(await screen.findByRole("button", { name: "Create user" }));
  const form = await dialog();
  await user.click(form.getByRole("button", { name: "Suggest one" }));
  expect(form.queryByText("Enter a name.")).toBeNull();
  await user.clear(form.getByLabelText("New password"));
  await user.type(form.getByLabelText("New password"), "short");
  await user.click(form.getByRole("button", { name: "Create" }));
  expect(form.getByText("Enter a name.")).toBeTruthy();
  expect(form.getByText("Enter at least 12 characters.")).toBeTruthy();
  // when
  await user.type(form.getByLabelText("Name"), "zoë");
  await user.click(form.getByRole("button", { name: "Suggest one" }));
  await user.click(form.getByLabelText("Admin"));
  await expectAccessible();
  const password = form.getByText(/^\w{5}(?:-\w{5}){4}$/).textContent;
  await user.click(form.getByRole("button", { name: "Create" }));
  // then
  expect(await screen.findByText("“zoë” was created.")).toBeTruthy();
  const posted = await sent.find(({ method }) => method === "POST")?.json();
  expect(posted).toEqual({ name: "zoë", password, role: "admin", systems: null });
});

it("suggests another password each time", () => {
  const suggested = new Set(Array.from({ length: 50 }, suggestedPassword));
  expect(suggested.size).toBe(50);
});

it("changes role and systems from the state that was read, and says why the last admin stays one", async () => {
  // given
  const { user, sent } = await show(
    "/users",
    answers([anna({ role: "admin", systems: null })], { "PUT /api/v1/users/5": () => problem(409, "last_admin") }),
  );
  await choose(user, "Edit");
  const form = await dialog();
  // when
  await user.click(form.getByLabelText("Viewer"));
  await user.click(form.getByRole("button", { name: "Save" }));
  // then
  expect(await form.findByText(/This is the last admin/)).toBeTruthy();
  const put = sent.find(({ method }) => method === "PUT");
  expect(put?.headers.get("If-Match")).toBe('"9"');
  expect(await put?.json()).toEqual({ role: "viewer", systems: null, disabled: false });
});

it("disables one after it has asked, and keeps the rest as it was", async () => {
  const { user, sent } = await show("/users", answers([anna()], { "PUT /api/v1/users/5": () => json(anna()) }));
  await choose(user, "Disable");
  const question = await dialog();
  expect(question.getByText(/signed out at once/)).toBeTruthy();
  await user.click(question.getByRole("button", { name: "Disable" }));
  expect(await screen.findByText("“anna” is disabled.")).toBeTruthy();
  const put = await sent.find(({ method }) => method === "PUT")?.json();
  expect(put).toEqual({ role: "editor", systems: ["crm"], disabled: true });
});

it("lets one who was disabled sign in again", async () => {
  const { user, sent } = await show(
    "/users",
    answers([anna({ disabled: true })], { "PUT /api/v1/users/5": () => json(anna()) }),
  );
  await choose(user, "Enable");
  expect(await screen.findByText("“anna” may sign in again.")).toBeTruthy();
  expect(await sent.find(({ method }) => method === "PUT")?.json()).toMatchObject({ disabled: false });
});

it("gives one a new password", async () => {
  const { user, sent } = await show(
    "/users",
    answers([anna()], { "PUT /api/v1/users/5/password": () => new Response(null, { status: 204 }) }),
  );
  await choose(user, "Reset password");
  const form = await dialog();
  await user.type(form.getByLabelText("New password"), "correct horse battery");
  await user.click(form.getByRole("button", { name: "Reset password" }));
  expect(await screen.findByText("“anna” has a new password.")).toBeTruthy();
  expect(await sent.find(({ method }) => method === "PUT")?.json()).toEqual({ password: "correct horse battery" });
});

it("changes one's own password, and goes on with the new session's CSRF token", async () => {
  // given
  let right = false;
  const { user, sent } = await show("/integrations", {
    ...answersOf(signedIn("viewer"), [integration()]),
    "PUT /api/v1/session/password": () =>
      right ? json({ ...signedIn("viewer"), csrf_token: "renewed" }) : problem(403, "invalid_credentials"),
    "DELETE /api/v1/session": () => new Response(null, { status: 204 }),
  });
  const account = async (item: string) => {
    await user.click((await screen.findAllByRole("button", { name: "Account: viewer 1" }))[0] as HTMLElement);
    await user.click(await screen.findByRole("menuitem", { name: item }));
  };
  await account("Change password");
  const form = await dialog();
  await user.click(form.getByRole("button", { name: "Save" }));
  expect(form.getByText("Enter your current password.")).toBeTruthy();
  expect(form.getByText("Enter at least 12 characters.")).toBeTruthy();
  // when
  await user.type(form.getByLabelText("Current password"), "mistaken");
  await user.type(form.getByLabelText("New password"), "correct horse battery");
  await user.type(form.getByLabelText("Repeat the new password"), "correct horse battery");
  await expectAccessible();
  await user.click(form.getByRole("button", { name: "Save" }));
  expect(await form.findByText("That is not your current password.")).toBeTruthy();
  right = true;
  await user.click(form.getByRole("button", { name: "Save" }));
  // then
  expect(await screen.findByText("Your password is changed.")).toBeTruthy();
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await account("Sign out");
  await screen.findByLabelText("User name");
  expect(sent.find(({ method }) => method === "DELETE")?.headers.get("X-CSRF-Token")).toBe("renewed");
});
