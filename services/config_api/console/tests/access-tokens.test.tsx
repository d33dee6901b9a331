/** Access tokens: made, shown this once, rotated, revoked. */
import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import type { AccessTokenView } from "../src/services/schema";
import { type Answers, answersOf, expectAccessible, json, problem, show, signedIn } from "./console";

const ENDS = "2030-06-01T12:00:00Z";

function token(fields: Partial<AccessTokenView> = {}): AccessTokenView {
  return {
    id: 3,
    name: "CRM export",
    scopes: ["data:write", "receipts:read"],
    systems: ["crm"],
    records_per_s: 2500,
    expires_at: null,
    expired: false,
    revoked_at: null,
    last_used_at: new Date(Date.now() - 3_600_500).toISOString(),
    secrets: [{ id: 1, hint: "ab12", created_at: ENDS, expires_at: null, last_used_at: null }],
    version: 12,
    created_at: ENDS,
    updated_at: ENDS,
    ...fields,
  };
}

function answers(tokens: AccessTokenView[], more: Answers = {}): Answers {
  return {
    ...answersOf(signedIn("admin"), []),
    "GET /api/v1/access-tokens": (request) => {
      const revoked = new URL(request.url).searchParams.get("revoked") === "true";
      return json({ items: tokens.filter(({ revoked_at }) => (revoked_at !== null) === revoked), next: null });
    },
    ...more,
  };
}

async function choose(user: Awaited<ReturnType<typeof show>>["user"], action: string) {
  await user.click(await screen.findByRole("button", { name: "Actions for CRM export" }));
  await user.click(await screen.findByRole("menuitem", { name: action }));
  return within(await screen.findByRole("dialog"));
}

it("shows what each may do, how far it reaches, and its live secrets", async () => {
  // given
  const secrets = [
    { id: 1, hint: "ab12", created_at: ENDS, expires_at: ENDS, last_used_at: null },
    { id: 2, hint: "cd34", created_at: ENDS, expires_at: null, last_used_at: null },
  ];
  const expired = token({ id: 4, name: "Old", systems: null, expires_at: "2020-01-01T12:00:00Z", expired: true });
  await show("/access-tokens", answers([token({ secrets }), expired]));
  // then
  const row = within((await screen.findByText("CRM export")).closest("tr") as HTMLElement);
  expect(row.getByText("Send data · Read receipts")).toBeTruthy();
  expect(await row.findByText("CRM")).toBeTruthy();
  expect(row.getByText("2,500 records/s")).toBeTruthy();
  expect(row.getByText("…ab12")).toBeTruthy();
  expect(row.getByText(/^until Jun 1, 2030/)).toBeTruthy();
  expect(row.getByText("…cd34")).toBeTruthy();
  expect(row.getByText("1 hour ago")).toBeTruthy();
  const old = within(screen.getByText("Old").closest("tr") as HTMLElement);
  expect(old.getByText("Expired Jan 1, 2020")).toBeTruthy();
  expect(old.getByText("All systems")).toBeTruthy();
  await expectAccessible();
});

it("makes one with rights, systems, a rate and an end, and shows it this once", async () => {
  // given
  const { user, sent } = await show(
    "/access-tokens",
    answers([], { "POST /api/v1/access-tokens": () => json({ ...token(), token: "inl_a_secret" }, 201) }),
  );
  await user.click((await screen.findAllByRole("button", { name: "Create access token" }))[0] as HTMLElement);
  const dialog = within(await screen.findByRole("dialog"));
  // when
  await user.type(dialog.getByLabelText("Name"), "CRM export");
  await user.click(dialog.getByLabelText("Read receipts"));
  await user.click(dialog.getByLabelText("Only these"));
  await user.click(dialog.getByRole("button", { name: /Choose systems/ }));
  await user.click(await screen.findByRole("option", { name: /CRM/ }));
  await user.type(dialog.getByLabelText("Records per second"), "100");
  await user.type(dialog.getByLabelText("Works until"), "2031-12-31");
  await expectAccessible();
  await user.click(dialog.getByRole("button", { name: "Create" }));
  // then
  expect(await screen.findByText("inl_a_secret")).toBeTruthy();
  const posted = await sent.find(({ method }) => method === "POST")?.json();
  expect(posted).toEqual({
    name: "CRM export",
    scopes: ["data:write"],
    systems: ["crm"],
    records_per_s: 100,
    expires_at: new Date(2032, 0, 1).toISOString(),
  });
  await user.click(screen.getByRole("button", { name: "I have copied it" }));
  await waitFor(() => expect(screen.queryByText("inl_a_secret")).toBeNull());
});

it("says what is missing before it asks the API", async () => {
  const { user, sent } = await show("/access-tokens", answers([]));
  await user.click((await screen.findAllByRole("button", { name: "Create access token" }))[0] as HTMLElement);
  const dialog = within(await screen.findByRole("dialog"));
  await user.type(dialog.getByLabelText("Records per second"), "1.5");
  await user.click(dialog.getByLabelText("Only these"));
  await user.click(dialog.getByRole("button", { name: "Create" }));
  expect(dialog.getByText("Enter a name.")).toBeTruthy();
  expect(dialog.getByText("Choose at least one system.")).toBeTruthy();
  expect(dialog.getByText(/Enter a whole number/)).toBeTruthy();
  expect(sent.some(({ method }) => method === "POST")).toBe(false);
});

it("changes one from the state that was read, and leaves its end as it was", async () => {
  // given
  const { user, sent } = await show(
    "/access-tokens",
    answers([token({ expires_at: ENDS })], {
      "PUT /api/v1/access-tokens/3": () => problem(412, "version_conflict"),
    }),
  );
  // when
  const dialog = await choose(user, "Edit");
  await user.clear(dialog.getByLabelText("Records per second"));
  await user.click(dialog.getByRole("button", { name: "Save" }));
  // then
  expect(await dialog.findByText(/Somebody else has changed this meanwhile/)).toBeTruthy();
  const put = sent.find(({ method }) => method === "PUT");
  expect(put?.headers.get("If-Match")).toBe('"12"');
  expect(await put?.json()).toMatchObject({ records_per_s: null, expires_at: ENDS });
  await user.click(dialog.getByRole("button", { name: "Load the new state" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(sent.filter(({ method }) => method === "PUT")).toHaveLength(1);
});

it("rotates: the former one lives on beside the new one for as long as was chosen", async () => {
  // given
  const rotated = token({
    secrets: [
      { id: 1, hint: "ab12", created_at: ENDS, expires_at: ENDS, last_used_at: null },
      { id: 2, hint: "cd34", created_at: ENDS, expires_at: null, last_used_at: null },
    ],
  });
  const { user, sent } = await show(
    "/access-tokens",
    answers([rotated], {
      "POST /api/v1/access-tokens/3/rotate": () => json({ ...rotated, token: "inl_a_new" }, 201),
    }),
  );
  // when
  const dialog = await choose(user, "Rotate");
  expect(dialog.getByText("At most two tokens work at a time: …ab12 ends at once.")).toBeTruthy();
  await user.click(dialog.getByLabelText("Seven days"));
  await user.click(dialog.getByRole("button", { name: "Rotate" }));
  // then
  expect(await screen.findByText("inl_a_new")).toBeTruthy();
  expect(screen.getByText(/former token …ab12 works beside it until Jun 1, 2030/)).toBeTruthy();
  expect(await sent.find(({ method }) => method === "POST")?.json()).toEqual({ overlap_s: 604_800 });
});

it("revokes after it has asked, and lists what was revoked", async () => {
  // given
  const { user, sent } = await show(
    "/access-tokens",
    answers([token(), token({ id: 9, name: "Long gone", revoked_at: ENDS, secrets: [] })], {
      "DELETE /api/v1/access-tokens/3": () => new Response(null, { status: 204 }),
    }),
  );
  // when
  const dialog = await choose(user, "Revoke");
  expect(sent.some(({ method }) => method === "DELETE")).toBe(false);
  await user.click(dialog.getByRole("button", { name: "Revoke" }));
  // then
  expect(await screen.findByText("“CRM export” is revoked.")).toBeTruthy();
  expect(sent.find(({ method }) => method === "DELETE")?.headers.get("If-Match")).toBe('"12"');
  await user.click(screen.getByRole("button", { name: "Revoked" }));
  expect(await screen.findByText("Long gone")).toBeTruthy();
});

it("is left out for those who may not manage tokens, and says so to who comes all the same", async () => {
  await show("/access-tokens", {
    ...answersOf(signedIn("viewer"), []),
    "GET /api/v1/access-tokens": () => problem(403, "insufficient_scope"),
  });
  expect(await screen.findByText("You do not have the right to do this.")).toBeTruthy();
  const navigation = within(screen.getByRole("navigation", { name: "Pages" }));
  expect(await navigation.findByRole("link", { name: "Data integrations" })).toBeTruthy();
  expect(navigation.queryByRole("link", { name: "Access tokens" })).toBeNull();
});
