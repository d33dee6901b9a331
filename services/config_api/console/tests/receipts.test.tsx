/** Receipts across integrations, and one receipt with its rejects. */
import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { type Answers, answersOf, expectAccessible, integration, json, problem, show, signedIn } from "./console";
import { receipt, withRejects } from "./records";

function answers(more: Answers = {}): Answers {
  return {
    ...answersOf(signedIn("viewer"), [integration(), integration({ id: 8, name: "Old", state: "deleted" })]),
    "GET /api/v1/integrations/7": () => json(integration()),
    ...more,
  };
}

function list(items: unknown[], next: string | null = null): Answers {
  return { "GET /api/v1/receipts": () => json({ items, next }) };
}

it("lists them with the names of their integrations, and filters by integration and state", async () => {
  // given
  const { user, sent } = await show(
    "/receipts",
    answers(list([receipt(), receipt({ receipt: "R2", integration: 8 })])),
  );
  const table = within(await screen.findByRole("table", { name: "Receipts" }));
  expect(await table.findByRole("link", { name: "CRM nightly" })).toBeTruthy();
  expect(table.getByRole("link", { name: "Old" })).toBeTruthy();
  await expectAccessible();
  // when
  await user.click(screen.getByRole("button", { name: /All integrations/ }));
  await user.click(await screen.findByRole("option", { name: /Old/ }));
  await user.click(screen.getByRole("button", { name: /All states/ }));
  await user.click(await screen.findByRole("option", { name: "Failed" }));
  // then
  await waitFor(() => {
    const asked = sent.map(({ url }) => new URL(url).searchParams);
    expect(asked.some((query) => query.get("integration") === "8" && query.get("state") === "failed")).toBe(true);
  });
  expect(window.location.search).toBe("?integration=8&state=failed");
});

it("filters by the time of receipt", async () => {
  // given
  const { user, sent } = await show("/receipts", answers(list([receipt()])));
  await screen.findByRole("link", { name: "CRM nightly" });
  // when
  await user.click(screen.getByRole("button", { name: /Received at any time/ }));
  await user.click(await screen.findByRole("radio", { name: /Last hour|Last 1 hour/ }));
  await user.click(screen.getByRole("button", { name: "Apply" }));
  // then
  await waitFor(() => {
    const from = sent.map(({ url }) => new URL(url).searchParams.get("from")).find((each) => each !== null);
    expect(Math.abs(Date.now() - 3_600_000 - Date.parse(from ?? ""))).toBeLessThan(60_000);
  });
});

it("leads from page to page by cursors", async () => {
  // given
  const { user } = await show("/receipts", {
    ...answers(),
    "GET /api/v1/receipts": (request) =>
      new URL(request.url).searchParams.get("cursor") === "c2"
        ? json({ items: [receipt({ receipt: "R2", records: 222, written: 222 })], next: null })
        : json({ items: [receipt()], next: "c2" }),
  });
  await screen.findByRole("link", { name: "CRM nightly" });
  // when
  await user.click(screen.getByRole("button", { name: "Next page" }));
  // then
  expect(await screen.findAllByText("222")).toHaveLength(2);
  await user.click(screen.getByRole("button", { name: "Previous page" }));
  expect(await screen.findAllByText("10")).toHaveLength(2);
});

it("says where there is none", async () => {
  await show("/receipts", answers(list([])));
  expect(await screen.findByText("No receipt")).toBeTruthy();
});

it("shows each rejected record as it was sent beside why, in plain words", async () => {
  // given
  const raw = '{"userId": "u<1>", "seats": "x", "long": 12345678901234567890}';
  const rejects = [
    { index: 4, property: "seats", code: "invalid_number", message: "" },
    { index: 6, property: null, code: "missing_user_id", message: "" },
  ] as const;
  await show(
    "/receipts/R1",
    answers({
      "GET /public/v1/receipts/R1": () =>
        json(
          withRejects({ rejected: 1, written: 9, values_rejected: 1, unmapped: { city: 8 }, rejects: [...rejects] }),
        ),
      "GET /api/v1/receipts/R1/rejected-records": () =>
        json({ items: [{ index: 4, user_id: "u<1>", record: raw, truncated: false, rejects: [] }], next: null }),
    }),
  );
  // then
  const first = within(await screen.findByRole("region", { name: "Record 5" }));
  expect(first.getByText("The value is not a number in JSON's grammar.")).toBeTruthy();
  expect(first.getByText("invalid_number")).toBeTruthy();
  expect(await first.findByText(raw)).toBeTruthy();
  const second = within(screen.getByRole("region", { name: "Record 7" }));
  expect(second.getByText("Whole record")).toBeTruthy();
  expect(await second.findByText("The record itself was not kept.")).toBeTruthy();
  expect(screen.getByText("after 0.25 s")).toBeTruthy();
  expect(await screen.findByRole("link", { name: "CRM nightly" })).toBeTruthy();
  await expectAccessible();
});

it("loads further rejects where there are many", async () => {
  // given
  const reject = (index: number) => ({ index, property: "seats", code: "invalid_number", message: "" }) as const;
  const { user } = await show(
    "/receipts/R1",
    answers({
      "GET /public/v1/receipts/R1": (request) =>
        new URL(request.url).searchParams.get("cursor") === "100"
          ? json(withRejects({ values_rejected: 2, rejects: [reject(200)] }))
          : json(withRejects({ values_rejected: 2, rejects: [reject(0)], next: "100" })),
      "GET /api/v1/receipts/R1/rejected-records": () => json({ items: [], next: null }),
    }),
  );
  // when
  await user.click(await screen.findByRole("button", { name: "Show more rejects" }));
  // then
  expect(await screen.findByRole("region", { name: "Record 201" })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Show more rejects" })).toBeNull();
});

it("follows a batch that is pending until it is written", async () => {
  let body: unknown = { receipt: "R1", state: "pending" };
  await show("/receipts/R1", answers({ "GET /public/v1/receipts/R1": () => json(body) }));
  expect(await screen.findByText("Pending")).toBeTruthy();
  body = withRejects();
  expect(await screen.findByText("Every record and every value was accepted.")).toBeTruthy();
});

it("says why a batch failed, and that one is past its retention", async () => {
  const failed = withRejects({ state: "failed", failure: "unknown_revision", written: 0 });
  const { unmount } = await show("/receipts/R1", answers({ "GET /public/v1/receipts/R1": () => json(failed) }));
  expect(await screen.findByText(/The batch is in the dead letters/)).toBeTruthy();
  unmount();
  await show("/receipts/R1", answers({ "GET /public/v1/receipts/R1": () => problem(410, "receipt_expired") }));
  expect(await screen.findByText("The receipt is past its retention.")).toBeTruthy();
});
