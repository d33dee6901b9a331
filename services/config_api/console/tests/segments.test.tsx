/** Segments: listed, built with a live count, changed from what was read, shown with their members, deleted. */
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Role } from "../src/services/schema";
import { type Answers, answersOf, expectAccessible, json, problem, show, signedIn } from "./console";

const LONG = "1234567890123456789012345678901234567890";
const LIST = "GET /api/v1/systems/crm/environments/production/segments";
const ONE = "/api/v1/systems/crm/environments/production/segments/big";
const MADE = { created_at: "2026-11-24T12:00:00Z", updated_at: "2026-11-24T12:00:00Z" };
const ATTRIBUTES = [
  { id: 1, key: "seats", name: "Seats", type: "Number", version: 1, ...MADE },
  { id: 2, key: "department", name: "Department", type: "String", version: 1, ...MADE },
];
/** As it was written by somebody else: a number of JSON, longer than JavaScript's. */
const CONDITION = `{"not": {"attribute": "seats", "operator": "at_least", "value": ${LONG}}}`;
const SEGMENT = `{"id": 1, "key": "big", "name": "Big <b>", "condition": ${CONDITION}, "version": 9,
  "created_at": "2026-11-24T12:00:00Z", "updated_at": "2026-11-24T12:00:00Z"}`;
const COUNTED = { count: 1234, sample: ["u/1", "<i>2</i>"] };

function text(body: string): Response {
  return new Response(body, { headers: { "Content-Type": "application/json" } });
}

function answers(role: Role, more: Answers = {}): Answers {
  return {
    ...answersOf(signedIn(role), []),
    "GET /api/v1/systems/crm/attributes": () => json({ items: ATTRIBUTES, next: null }),
    [LIST]: () => text(`{"items": [${SEGMENT}], "next": null}`),
    [`GET ${ONE}`]: () => text(SEGMENT),
    "POST /api/v1/members:preview": () => json(COUNTED),
    "GET /api/v1/members/crm/production/big": () => json({ items: COUNTED.sample, next: null }),
    ...more,
  };
}

function sentOf(sent: Request[], method: string, end: string): Request[] {
  return sent.filter((each) => each.method === method && each.url.endsWith(end));
}

type User = Awaited<ReturnType<typeof show>>["user"];

async function choose(user: User, scope: ReturnType<typeof within>, label: RegExp, option: string) {
  await user.click(scope.getByRole("button", { name: label }));
  await user.click(await screen.findByRole("option", { name: new RegExp(`^${option}`) }));
}

async function bodyOf(request: Request | undefined) {
  return request === undefined ? undefined : request.json();
}

it("lists each with its condition in one line, and counts its members when asked", async () => {
  // given
  const { user, sent } = await show("/segments", answers("viewer"));
  expect(await screen.findByText(`Seats is not at least ${LONG}`)).toBeTruthy();
  expect(sentOf(sent, "POST", "members:preview")).toEqual([]);
  expect(screen.queryByText("Create segment")).toBeNull();
  expect(screen.queryByLabelText("Actions for Big <b>")).toBeNull();
  // when
  await user.click(screen.getByRole("button", { name: "Count the members of Big <b>" }));
  // then
  expect(await screen.findByText("1,234")).toBeTruthy();
  expect(await bodyOf(sentOf(sent, "POST", "members:preview")[0])).toMatchObject({
    condition: { not: { value: LONG } },
  });
});

it("leads on from an empty list, in German", async () => {
  await show(
    "/segments?system=crm&environment=production",
    answers("editor", { [LIST]: () => json({ items: [], next: null }) }),
    "de",
  );
  expect(await screen.findByText("Noch kein Segment")).toBeTruthy();
  expect(screen.getAllByRole("button", { name: "Segment erstellen" })).toHaveLength(2);
});

it("builds one, counts it meanwhile, and shows what is wrong at its row", async () => {
  // given
  const refused = problem(422, "invalid_body", [
    { pointer: "/condition/all/0/not/value", code: "invalid_field", message: "" },
  ]);
  const { user, sent } = await show(
    "/segments/create?system=crm&environment=production",
    answers("editor", { "POST /api/v1/systems/crm/environments/production/segments": () => refused }),
  );
  const row = within(await screen.findByRole("group", { name: "Condition 1" }));
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: "Not so big" } });
  // when
  await user.click(screen.getByRole("button", { name: "Save" }));
  // then
  expect(await screen.findByText("Choose an attribute.")).toBeTruthy();
  expect(sentOf(sent, "POST", "/segments")).toEqual([]);
  // when
  await choose(user, row, /^Attribute/, "Seats");
  await choose(user, row, /^Comparison/, "is not at least");
  fireEvent.change(row.getByLabelText("Value"), { target: { value: LONG } });
  // then
  expect(await screen.findByText("1,234")).toBeTruthy();
  expect(screen.getByRole("link", { name: "<i>2</i>" })).toBeTruthy();
  expect(screen.getByText("Users without a value")).toBeTruthy();
  await expectAccessible();
  // when
  await user.click(screen.getByRole("button", { name: "Save" }));
  // then
  expect(await row.findByText("Enter a number with a point, such as -12.5.")).toBeTruthy();
  expect(await sentOf(sent, "POST", "/segments")[0]?.json()).toEqual({
    name: "Not so big",
    key: "not_so_big",
    condition: { all: [{ not: { attribute: "seats", operator: "at_least", value: LONG } }] },
  });
});

it("asks for the count of what stands there last, and gives up what is outdated", async () => {
  // given
  const asked: Request[] = [];
  const preview = (request: Request) => {
    asked.push(request.clone());
    return asked.length === 1 ? new Promise<Response>(() => undefined) : json(COUNTED);
  };
  await show("/segments/crm/production/big/edit", answers("editor", { "POST /api/v1/members:preview": preview }));
  const row = within(await screen.findByRole("group", { name: "Condition 1" }));
  await waitFor(() => expect(asked).toHaveLength(1));
  // when
  fireEvent.change(row.getByLabelText("Value"), { target: { value: "7" } });
  // then
  expect(await screen.findByText("1,234")).toBeTruthy();
  expect(asked[0]?.signal.aborted).toBe(true);
  expect(await bodyOf(asked[1])).toMatchObject({ condition: { all: [{ not: { value: "7" } }] } });
});

it("adds and removes conditions and groups, and keeps the focus at hand", async () => {
  const { user } = await show("/segments/crm/production/big/edit", answers("editor"));
  await user.click(await screen.findByRole("button", { name: "Add group" }));
  expect(screen.getByRole("group", { name: "Condition 2.1" })).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Add condition to group 2" }));
  const added = within(screen.getByRole("group", { name: "Condition 2.2" }));
  expect(document.activeElement).toBe(added.getByRole("button", { name: /^Attribute/ }));
  await user.click(screen.getByRole("button", { name: "Remove condition 2.1" }));
  expect(screen.queryByRole("group", { name: "Condition 2.2" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Remove group 2" }));
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Add condition" }));
});

it("takes the texts of a list one by one, and pasted lines", async () => {
  // given
  const { sent, user } = await show(
    "/segments/crm/production/big/edit",
    answers("editor", { [`PUT ${ONE}`]: () => text(SEGMENT) }),
  );
  const row = within(await screen.findByRole("group", { name: "Condition 1" }));
  await choose(user, row, /^Attribute/, "Department");
  await choose(user, row, /^Comparison/, "is one of");
  const field = row.getByLabelText("Text for the list");
  // when
  fireEvent.change(field, { target: { value: "Sales" } });
  fireEvent.keyDown(field, { key: "Enter", keyCode: 13 });
  fireEvent.paste(field, { clipboardData: { getData: () => "Support\r\n Sales\nSupport\n" } });
  await user.click(screen.getByRole("button", { name: "Save" }));
  // then
  await waitFor(() => expect(sentOf(sent, "PUT", "/big")).toHaveLength(1));
  const condition = { attribute: "department", operator: "in", value: ["Sales", "Support", " Sales"] };
  expect(await bodyOf(sentOf(sent, "PUT", "/big")[0])).toMatchObject({ condition: { all: [condition] } });
});

it("changes one from the state that was read, with every digit; else offers the newer one", async () => {
  // given
  const tries = [() => problem(412, "version_conflict"), () => text(SEGMENT.replace("9", "10"))];
  const { user, sent } = await show(
    "/segments/crm/production/big/edit",
    answers("editor", { [`PUT ${ONE}`]: () => tries.shift()?.() ?? json({}) }),
  );
  const row = within(await screen.findByRole("group", { name: "Condition 1" }));
  expect((row.getByLabelText("Value") as HTMLInputElement).value).toBe(LONG);
  expect(screen.queryByLabelText(/^Key/)).toBeNull();
  // when
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: "Bigger" } });
  await user.click(screen.getByRole("button", { name: "Save" }));
  // then
  expect(await screen.findByText("Somebody else has changed this meanwhile. Load the new state.")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Load the new state" })).toBeTruthy();
  // when
  await user.click(screen.getByRole("button", { name: "Save" }));
  // then
  expect(await screen.findByText("“Big <b>” is saved.")).toBeTruthy();
  const put = sentOf(sent, "PUT", "/big")[0];
  expect(put?.headers.get("If-Match")).toBe('"9"');
  expect(await put?.json()).toEqual({
    name: "Bigger",
    condition: { all: [{ not: { attribute: "seats", operator: "at_least", value: LONG } }] },
  });
});

it("asks before unsaved work is left", async () => {
  const { user } = await show("/segments/crm/production/big/edit", answers("editor"));
  fireEvent.change(await screen.findByLabelText("Name"), { target: { value: "Bigger" } });
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  expect(await screen.findByText("What you have entered is not saved and will be lost.")).toBeTruthy();
});

it("shows one: its condition in words, its members as links, and how to use it", async () => {
  // given, when
  const { user } = await show("/segments/crm/production/big", answers("viewer"));
  // then
  expect(await screen.findByRole("heading", { name: "Big <b>" })).toBeTruthy();
  expect(await screen.findByText(`is not at least ${LONG}`)).toBeTruthy();
  expect(await screen.findByText("(1,234)")).toBeTruthy();
  const member = await screen.findByRole("link", { name: "u/1" });
  expect(member.getAttribute("href")).toBe("/profiles/user?system=crm&environment=production&user_id=u%2F1");
  expect(screen.queryByRole("button", { name: /^(Edit|Delete)$/ })).toBeNull();
  // when
  await user.click(screen.getByRole("button", { name: "Where it can be used" }));
  // then
  expect(screen.getByText(/key === "big"/)).toBeTruthy();
  await expectAccessible();
});

it("waits for a new one to be known where members are looked up", async () => {
  const tries = [() => problem(404, "not_found"), () => json({ items: ["late"], next: null })];
  const members = () => (tries.length > 1 ? tries.shift() : tries[0])?.() ?? json({});
  await show("/segments/crm/production/big", answers("viewer", { "GET /api/v1/members/crm/production/big": members }));
  expect(await screen.findByRole("link", { name: "late" })).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
});

it("deletes one after it has asked, from the state that was read", async () => {
  const { user, sent } = await show(
    "/segments/crm/production/big",
    answers("editor", { [`DELETE ${ONE}`]: () => new Response(null, { status: 204 }) }),
  );
  await user.click(await screen.findByRole("button", { name: "Delete" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(sentOf(sent, "DELETE", "/big")).toEqual([]);
  await user.click(dialog.getByRole("button", { name: "Delete" }));
  expect(await screen.findByText("“Big <b>” is deleted.")).toBeTruthy();
  expect(await screen.findByRole("heading", { name: "Segments" })).toBeTruthy();
  expect(sentOf(sent, "DELETE", "/big")[0]?.headers.get("If-Match")).toBe('"9"');
});
