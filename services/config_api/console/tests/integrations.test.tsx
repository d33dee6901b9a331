/** The list of integrations: what it shows to whom, and what can be done from it. */
import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { answersOf, expectAccessible, integration, json, problem, show, signedIn } from "./console";

const MAPPING = {
  attribute: "a",
  name: "A",
  type: "String",
  on_empty: "reject",
  date_format: null,
  time_zone: null,
} as const;

async function choose(user: Awaited<ReturnType<typeof show>>["user"], name: string, action: string): Promise<void> {
  await user.click(await screen.findByRole("button", { name: `Actions for ${name}` }));
  await user.click(await screen.findByRole("menuitem", { name: action }));
}

it("shows each with its names, state and numbers", async () => {
  // given
  const mappings = [
    { ...MAPPING, property: "a" },
    { ...MAPPING, property: "b", attribute: "b" },
  ];
  const minute = `${new Date().toISOString().slice(0, 13)}:00:00.000000Z`;
  const counts = {
    batches: 2,
    failed: 0,
    records: 1234,
    written: 1230,
    rejected: 4,
    values_rejected: 1,
    superseded: 0,
  };
  await show("/integrations", {
    ...answersOf(signedIn("admin"), [integration({ mappings, state: "paused" })]),
    "GET /api/v1/receipts/counters": () => json({ items: [{ integration: 7, minute, ...counts }] }),
    "GET /api/v1/receipts": () => json({ items: [{ received_at: new Date().toISOString() }], next: null }),
  });
  // then
  const row = within((await screen.findByText("CRM nightly")).closest("tr") as HTMLElement);
  expect(await row.findByText("CRM")).toBeTruthy();
  expect(await row.findByText("Production")).toBeTruthy();
  expect(row.getByText("Paused")).toBeTruthy();
  expect(row.getByText("2 properties")).toBeTruthy();
  expect(await row.findByText("1,234")).toBeTruthy();
  expect(row.getByText("5 rejects")).toBeTruthy();
  expect(await row.findByText("now")).toBeTruthy();
  await expectAccessible();
});

it("asks with the CSRF token and the version that was read before it pauses, and says that it is done", async () => {
  // given
  const { user, sent } = await show("/integrations", {
    ...answersOf(signedIn("editor"), [integration()]),
    "POST /api/v1/integrations/7/pause": () => json(integration({ state: "paused" })),
  });
  // when
  await choose(user, "CRM nightly", "Pause");
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByText(/answers its posts with 409/)).toBeTruthy();
  expect(sent.some(({ method }) => method === "POST")).toBe(false);
  await user.click(dialog.getByRole("button", { name: "Pause" }));
  // then
  expect(await screen.findByText("“CRM nightly” is paused.")).toBeTruthy();
  const posted = sent.find(({ method }) => method === "POST");
  expect(posted?.headers.get("If-Match")).toBe('"40"');
  expect(posted?.headers.get("X-CSRF-Token")).toBe("csrf-1");
});

it("explains when somebody else was faster", async () => {
  const { user } = await show("/integrations", {
    ...answersOf(signedIn("editor"), [integration()]),
    "DELETE /api/v1/integrations/7": () => problem(412, "version_conflict"),
  });
  await choose(user, "CRM nightly", "Delete");
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Delete" }));
  expect(await screen.findByText(/Somebody else has changed this meanwhile/)).toBeTruthy();
});

it("shows the fault of a duplicate's name at its field", async () => {
  const { user } = await show("/integrations", {
    ...answersOf(signedIn("editor"), [integration()]),
    "POST /api/v1/integrations/7/duplicate": () =>
      problem(409, "duplicate", [{ pointer: "/name", code: "duplicate", message: "" }]),
  });
  await choose(user, "CRM nightly", "Duplicate");
  const dialog = within(await screen.findByRole("dialog"));
  const name = dialog.getByLabelText<HTMLInputElement>("Name");
  expect(name.value).toBe("CRM nightly (copy)");
  await waitFor(() => expect(document.activeElement).toBe(name));
  await user.click(dialog.getByRole("button", { name: "Duplicate" }));
  await waitFor(() => expect(name.getAttribute("aria-invalid")).toBe("true"));
  expect(dialog.getByText("This name or key is already taken.")).toBeTruthy();
});

it("hides deleted ones until they are asked for, and restores them", async () => {
  // given
  const { user } = await show("/integrations", {
    ...answersOf(signedIn("editor"), [integration(), integration({ id: 8, name: "Old", state: "deleted" })]),
    "POST /api/v1/integrations/8/restore": () => json(integration({ id: 8, name: "Old" })),
  });
  await screen.findByText("CRM nightly");
  expect(screen.queryByText("Old")).toBeNull();
  // when
  await user.click(screen.getByRole("button", { name: /All states but deleted/ }));
  await user.click(await screen.findByRole("option", { name: "Deleted" }));
  // then
  expect(screen.queryByText("CRM nightly")).toBeNull();
  await choose(user, "Old", "Restore");
  expect(await screen.findByText("“Old” is back.")).toBeTruthy();
});

it("finds by name, and says when nothing fits", async () => {
  const { user } = await show("/integrations", answersOf(signedIn("viewer"), [integration()]));
  await user.type(await screen.findByLabelText("Find by name"), "payroll");
  expect(await screen.findByText("Nothing matches")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Clear all" }));
  expect(await screen.findByText("CRM nightly")).toBeTruthy();
});

it("leads on where there is none", async () => {
  const { user } = await show("/integrations", answersOf(signedIn("editor"), []));
  expect(await screen.findByText("No integration yet")).toBeTruthy();
  await expectAccessible();
  await user.click(screen.getAllByRole("button", { name: "Create integration" })[0] as HTMLElement);
  const dialog = within(await screen.findByRole("dialog"));
  await user.click(dialog.getByRole("button", { name: "Continue to setup" }));
  expect(dialog.getByText("Choose a connection type.")).toBeTruthy();
});

it("lets a viewer see and not change", async () => {
  await show("/integrations", answersOf(signedIn("viewer"), [integration()]));
  expect(await screen.findByText("CRM nightly")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Create integration" })).toBeNull();
  expect(screen.queryByRole("button", { name: /Actions for/ })).toBeNull();
});

it("speaks German where that is chosen, and remembers it", async () => {
  const { user } = await show("/integrations", answersOf(signedIn("admin"), [integration()]));
  await screen.findByText("CRM nightly");
  await user.click((await screen.findAllByRole("button", { name: "Language: English" }))[0] as HTMLElement);
  await user.click(await screen.findByRole("menuitemcheckbox", { name: "Deutsch" }));
  expect(await screen.findByRole("heading", { name: "Datenintegrationen" })).toBeTruthy();
  expect(screen.getByText("Aktiv")).toBeTruthy();
  expect(document.documentElement.lang).toBe("de");
  expect(window.localStorage.getItem("inlet.language")).toBe("de");
});
