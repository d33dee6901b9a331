/** One integration: what arrived, what of it is not mapped, its revisions and its tokens. */
import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import type { IntegrationBody, IntegrationView, MappingView, SecretView } from "../src/services/schema";
import { type Answers, answersOf, expectAccessible, integration, json, problem, show, signedIn } from "./console";
import { MAPPING, receipt, revision } from "./records";

const PAGE = "/integrations/7";

function answers(view: IntegrationView, more: Answers = {}, role: "editor" | "viewer" = "editor"): Answers {
  return {
    ...answersOf(signedIn(role), [view]),
    "GET /api/v1/integrations/7": () => json(view),
    ...more,
  };
}

function tokens(secrets: readonly SecretView[]): Answers {
  return { "GET /api/v1/integrations/7/tokens": () => json({ items: secrets, next: null }) };
}

const CITY: MappingView = { ...MAPPING, property: "city", attribute: "city", name: "City", type: "String" };

const SECRET: SecretView = {
  id: 3,
  hint: "4vgL",
  created_at: "2026-11-20T12:00:00Z",
  expires_at: null,
  last_used_at: null,
};

it("shows what came in, added up", async () => {
  // given
  const minute = `${new Date().toISOString().slice(0, 16)}:00.000000Z`;
  const counts = {
    batches: 1,
    failed: 0,
    records: 1500,
    written: 1490,
    rejected: 10,
    values_rejected: 7,
    superseded: 0,
  };
  await show(
    PAGE,
    answers(integration(), {
      "GET /api/v1/receipts/counters": () => json({ items: [{ integration: 7, minute, ...counts }] }),
    }),
  );
  // then
  expect(await screen.findByRole("heading", { name: "CRM nightly", level: 1 })).toBeTruthy();
  for (const number of ["1,500", "1,490"]) {
    expect(await screen.findByText(number)).toBeTruthy();
  }
  expect(await screen.findByText("CRM, Production")).toBeTruthy();
  const breadcrumbs = within(screen.getByRole("navigation", { name: "Where you are" }));
  expect(await breadcrumbs.findAllByText("CRM nightly")).toBeTruthy();
  await expectAccessible();
});

it("adds up what is sent and not mapped, guesses its type, and maps it with one click", async () => {
  // given: two batches with a property that is not mapped; of the newer one a rejected record is at hand
  let view = integration({ mappings: [MAPPING] });
  const raw = '{"userId": "u", "seats": "x", "cost": 12345678901234567890}';
  const { user, sent } = await show(PAGE, {
    ...answers(view),
    "GET /api/v1/integrations/7": () => json(view),
    "GET /api/v1/receipts": () =>
      json({
        items: [
          receipt({ receipt: "R2", values_rejected: 1, unmapped: { cost: 40, seats: 9 } }),
          receipt({ unmapped: { cost: 2 }, received_at: "2026-11-23T12:00:00Z" }),
        ],
        next: null,
      }),
    "GET /api/v1/receipts/R2/rejected-records": () =>
      json({ items: [{ index: 0, user_id: "u", record: raw, truncated: false, rejects: [] }], next: null }),
    "POST /api/v1/preview": () =>
      json({
        records: [],
        rejected: 0,
        rejects: [],
        unmapped: {},
        user_id: "userId",
        proposals: [{ property: "cost", type: "Number", date_format: null, time_zone: null, seen: 1, examples: ["1"] }],
      }),
    "PUT /api/v1/integrations/7": () => {
      view = integration({ mappings: [MAPPING, { ...MAPPING, property: "cost", attribute: "cost" }], version: 41 });
      return json(view);
    },
  });
  const table = within(await screen.findByRole("table", { name: "Seen, but not mapped" }));
  expect(await table.findByText("As in a sample")).toBeTruthy();
  expect(table.getByText("42")).toBeTruthy();
  expect(table.queryByText("seats")).toBeNull();
  // the sample was passed on digit by digit
  const preview = sent.find(({ url }) => url.endsWith("/preview"));
  expect(await preview?.text()).toContain(`"records": [${raw}]`);
  // when
  await user.click(table.getByRole("button", { name: "Map cost" }));
  // then
  expect(await screen.findByText("“cost” is mapped from now on.")).toBeTruthy();
  expect(table.queryByText("cost")).toBeNull();
  const put = sent.find(({ method }) => method === "PUT");
  expect(put?.headers.get("If-Match")).toBe('"40"');
  const body = (await put?.json()) as IntegrationBody;
  expect(body.mappings?.map(({ property, type }) => [property, type])).toEqual([
    ["seats", "Number"],
    ["cost", "Number"],
  ]);
});

it("reads the new state when somebody else was faster to map", async () => {
  // given
  let view = integration();
  const { user } = await show(PAGE, {
    ...answers(view),
    "GET /api/v1/integrations/7": () => json(view),
    "GET /api/v1/receipts": () => json({ items: [receipt({ unmapped: { cost: 1, city: 1 } })], next: null }),
    "PUT /api/v1/integrations/7": () => problem(412, "version_conflict"),
  });
  await user.click(await screen.findByRole("button", { name: "Map city" }));
  const reload = await screen.findByRole("button", { name: "Load the new state" });
  // when
  view = integration({ name: "Of somebody else", version: 41 });
  await user.click(reload);
  // then
  expect(await screen.findByRole("heading", { name: "Of somebody else", level: 1 })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Load the new state" })).toBeNull();
});

it("lists receipts, and new ones as they come in", async () => {
  // given
  let items = [receipt({ values_rejected: 3 })];
  const { user } = await show(
    PAGE,
    answers(integration(), { "GET /api/v1/receipts": () => json({ items, next: null }) }),
  );
  await user.click(await screen.findByRole("tab", { name: "Receipts" }));
  const table = within(await screen.findByRole("table", { name: "Receipts" }));
  expect(await table.findByText("3 values")).toBeTruthy();
  await expectAccessible();
  // when
  items = [receipt({ receipt: "R9", state: "failed", failure: "unreadable_frame" }), ...items];
  // then
  expect(await table.findByText("Failed")).toBeTruthy();
});

it("shows the mapping and what each revision changed", async () => {
  // given
  const { user } = await show(
    PAGE,
    answers(integration({ mappings: [MAPPING], revision: 2 }), {
      "GET /api/v1/integrations/7/revisions": () =>
        json({
          items: [
            revision(2, { mappings: [{ ...CITY, on_empty: "keep" }, MAPPING], on_invalid: "reject_record" }),
            revision(1, { created_by: "token:9", mappings: [CITY, { ...CITY, property: "town" }] }),
          ],
          next: null,
        }),
    }),
  );
  // when
  await user.click(await screen.findByRole("tab", { name: "Mapping" }));
  // then
  expect(await screen.findByText("Added: seats → Seats (Number)")).toBeTruthy();
  expect(screen.getByText("Removed: town → City (String)")).toBeTruthy();
  const changed = within(screen.getByText(/Changed: city/).closest("li") as HTMLElement);
  expect(changed.getByText("Empty values: is rejected").tagName).toBe("DEL");
  expect(changed.getByText("Empty values: is kept as it is").tagName).toBe("INS");
  expect(screen.getByText("rejects its record")).toBeTruthy();
  expect(screen.getByText(/by editor 1/)).toBeTruthy();
  expect(screen.getByText(/by access token 9/)).toBeTruthy();
  expect(screen.getByText("In force")).toBeTruthy();
  await expectAccessible();
});

it("rotates a token, and shows the new one this once", async () => {
  // given
  const { user, sent } = await show(`${PAGE}?tab=tokens`, {
    ...answers(integration(), tokens([SECRET])),
    "POST /api/v1/integrations/7/tokens": () => json({ token: "inl_i_new", secret: { ...SECRET, id: 4 } }, 201),
  });
  expect(await screen.findByText("…4vgL")).toBeTruthy();
  await expectAccessible();
  // when
  await user.click(screen.getByRole("button", { name: "Rotate the token" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByRole("radio", { name: "One day" })).toHaveProperty("checked", true);
  await user.click(dialog.getByRole("button", { name: "Rotate the token" }));
  // then
  expect(await screen.findByText("inl_i_new")).toBeTruthy();
  expect(await sent.find(({ method }) => method === "POST")?.json()).toEqual({ overlap_s: 86_400 });
});

it("asks before it revokes a token", async () => {
  // given
  let secrets = [SECRET];
  const { user } = await show(`${PAGE}?tab=tokens`, {
    ...answers(integration()),
    "GET /api/v1/integrations/7/tokens": () => json({ items: secrets, next: null }),
    "DELETE /api/v1/integrations/7/tokens/3": () => {
      secrets = [];
      return new Response(null, { status: 204 });
    },
  });
  // when
  await user.click(await screen.findByRole("button", { name: "Revoke the token that ends with 4vgL" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Revoke" }));
  // then
  expect(await screen.findByText("The token that ends with 4vgL is revoked.")).toBeTruthy();
  expect(await screen.findByText("Nobody can send to this integration yet.")).toBeTruthy();
});

it("pauses, and shows the new state", async () => {
  // given
  let view = integration();
  const { user, sent } = await show(PAGE, {
    ...answers(view),
    "GET /api/v1/integrations/7": () => json(view),
    "POST /api/v1/integrations/7/pause": () => {
      view = integration({ state: "paused", version: 41 });
      return json(view);
    },
  });
  // when
  await user.click(await screen.findByRole("button", { name: "Pause" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Pause" }));
  // then
  expect(await screen.findByRole("button", { name: "Resume" })).toBeTruthy();
  expect(screen.getByText("Paused")).toBeTruthy();
  expect(sent.find(({ method }) => method === "POST")?.headers.get("If-Match")).toBe('"40"');
});

it("lets a viewer see and not change", async () => {
  const more = { "GET /api/v1/receipts": () => json({ items: [receipt({ unmapped: { cost: 1 } })], next: null }) };
  await show(PAGE, answers(integration(), more, "viewer"));
  expect(await screen.findByText("cost")).toBeTruthy();
  for (const name of ["Edit", "Pause", "More actions", "Map cost"]) {
    expect(screen.queryByRole("button", { name })).toBeNull();
  }
});

it("of an integration that does not exist is told as that, in German", async () => {
  await show(
    "/integrations/8",
    answers(integration(), { "GET /api/v1/integrations/8": () => problem(404, "not_found") }),
    "de",
  );
  expect(await screen.findByText("Das gibt es hier nicht (mehr).")).toBeTruthy();
});
