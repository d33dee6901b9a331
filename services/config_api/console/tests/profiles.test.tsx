/** Profiles: found by prefix, shown as text with their origins, explained, exported and erased. */
import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { type Answers, answersOf, expectAccessible, integration, json, problem, show, signedIn } from "./console";
import { attribute, explained } from "./records";

const LIST = "GET /api/v1/profiles/crm/production";
const PAGE = "/profiles/user?system=crm&environment=production&user_id=a%2Fb";
const LONG = "12345678901234567890123";

function profile(userId: string) {
  return {
    system: "crm",
    environment: "production",
    user_id: userId,
    attributes: { seats: attribute({ text: LONG }) },
  };
}

function answers(more: Answers = {}, role: "admin" | "viewer" = "admin"): Answers {
  return {
    ...answersOf(signedIn(role), [integration()]),
    [LIST]: (request) => {
      const query = new URL(request.url).searchParams;
      const one = query.get("user_id");
      return json(one === null ? { items: [profile(`${query.get("prefix")}<b>1</b>`)], next: null } : profile(one));
    },
    "GET /api/v1/context/crm/production": () => json({ segments: [{ key: "big", name: "Big <b>" }] }),
    ...more,
  };
}

function textOf(blob: Blob | undefined): Promise<unknown> {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsText(blob ?? new Blob());
  });
}

it("finds them by how their user ID begins, and keeps the cursor in the field", async () => {
  // given
  const { user } = await show("/profiles", answers({}, "viewer"));
  expect(await screen.findByRole("link", { name: "<b>1</b>" })).toBeTruthy();
  expect(screen.getByText(LONG)).toBeTruthy();
  await expectAccessible();
  // when
  const prefix = screen.getByLabelText("User ID begins with");
  await user.type(prefix, "u-");
  // then
  expect(await screen.findByRole("link", { name: "u-<b>1</b>" })).toBeTruthy();
  expect(document.activeElement).toBe(prefix);
});

it("says when no user ID begins like that", async () => {
  await show("/profiles?prefix=zz", answers({ [LIST]: () => json({ items: [], next: null }) }));
  expect(await screen.findByText("No user ID begins like that.")).toBeTruthy();
});

it("shows each value as text, with where it came from, and the segments that the user is in", async () => {
  await show(PAGE, answers({}, "viewer"));
  expect(await screen.findByText(LONG)).toBeTruthy();
  expect(screen.getByText("a/b")).toBeTruthy();
  expect(await screen.findByRole("link", { name: "CRM nightly" })).toBeTruthy();
  expect(screen.getByRole("link", { name: "Receipt, record 14" }).getAttribute("href")).toBe("/receipts/R1");
  expect((await screen.findByText("Big <b>")).closest("a")?.getAttribute("href")).toBe("/segments/crm/production/big");
  expect(screen.queryByRole("button", { name: "Erase" })).toBeNull();
  expect(screen.queryByRole("button", { name: "Export" })).toBeNull();
  await expectAccessible();
});

it("explains a value by what lost against it", async () => {
  // given
  const before = { observed_at: "2026-11-24T11:59:58.750000Z" };
  const candidates = [
    { reason: "older", code: null, message: null, candidate: explained({ text: "11", receipt: "R2" }) },
    { reason: "older", code: null, message: null, candidate: explained({ text: "10", receipt: "R5", ...before }) },
    { reason: "rejected", code: "invalid_number", message: "", candidate: explained({ text: '"x"', receipt: "R3" }) },
    { reason: "rejected", code: "too_long", message: "", candidate: explained({ text: null, receipt: "R4" }) },
  ];
  const explanation = { key: "seats", name: "Seats", type: "Number", current: explained(), candidates, history: true };
  const { user } = await show(
    PAGE,
    answers({ "GET /api/v1/profiles/crm/production/a%2Fb/attributes/seats/explain": () => json(explanation) }),
  );
  // when
  await user.click(await screen.findByRole("button", { name: "Explain Seats" }));
  // then
  const dialog = within(await screen.findByRole("dialog"));
  expect(await dialog.findByText("Lost: it is older than what is held.")).toBeTruthy();
  expect(dialog.getByText("Rejected: The value is not a number in JSON's grammar.")).toBeTruthy();
  expect(dialog.getByText('"x"')).toBeTruthy();
  expect(dialog.getByText("(longer than 256 bytes, not kept)")).toBeTruthy();
  expect(dialog.getAllByText("CRM nightly, revision 2")).toHaveLength(5);
  expect(dialog.getByText("Lost: it was observed 1.25 s before what is held.")).toBeTruthy();
  await expectAccessible();
});

it("exports what is stored, byte by byte as it was answered", async () => {
  // given
  const stored = `{"user_id": "a/b", "attributes": [{"value": ${LONG}}]}`;
  const saved: Blob[] = [];
  // What happy-dom lacks of a browser.
  const createObjectURL = (blob: Blob) => `#${saved.push(blob)}`;
  Object.assign(URL, { createObjectURL, revokeObjectURL: () => undefined });
  const { user } = await show(
    PAGE,
    answers({ "GET /api/v1/profiles/crm/production/a%2Fb/export": () => new Response(stored) }),
  );
  // when
  await user.click(await screen.findByRole("button", { name: "Export" }));
  // then
  await waitFor(() => expect(saved).toHaveLength(1));
  expect(screen.getByText(/^All that is stored about the user is in the file/)).toBeTruthy();
  expect(await textOf(saved[0])).toBe(stored);
});

it("asks before it erases, and leads back to the list", async () => {
  // given
  const { user, sent } = await show(
    PAGE,
    answers({ "DELETE /api/v1/profiles/crm/production": () => new Response(null, { status: 204 }) }),
  );
  await user.click(await screen.findByRole("button", { name: "Erase" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByText("Erase “a/b”?")).toBeTruthy();
  expect(sent.some(({ method }) => method === "DELETE")).toBe(false);
  // when
  await user.click(dialog.getByRole("button", { name: "Erase" }));
  // then
  expect(await screen.findByText("“a/b” is erased.")).toBeTruthy();
  expect(await screen.findByRole("heading", { name: "Profiles" })).toBeTruthy();
  const erased = sent.find(({ method }) => method === "DELETE");
  expect(new URL(erased?.url ?? "").searchParams.get("user_id")).toBe("a/b");
});

it("of nobody is told as that, in German", async () => {
  await show(PAGE, answers({ [LIST]: () => problem(404, "not_found") }), "de");
  expect(await screen.findByText("Das gibt es hier nicht (mehr).")).toBeTruthy();
});
