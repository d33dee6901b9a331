/** Changing an integration: on the state that was read, or not at all. */
import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import type { IntegrationBody } from "../src/services/schema";
import { type Answers, answersOf, expectAccessible, integration, json, problem, show, signedIn } from "./console";

const MAPPING = {
  property: "seats",
  attribute: "s1",
  name: "Seats",
  type: "Number",
  on_empty: "reject",
  date_format: null,
  time_zone: null,
} as const;

function answers(more: Answers = {}): Answers {
  const view = integration({ mappings: [MAPPING] });
  return {
    ...answersOf(signedIn("editor"), [view]),
    "GET /api/v1/integrations/7": () => json(view),
    ...more,
  };
}

it("adds a property, and leaves the rest as it was", async () => {
  // given
  const { user, sent } = await show(
    "/integrations/7/edit",
    answers({ "PUT /api/v1/integrations/7": () => json(integration({ version: 41 })) }),
  );
  // when
  await user.click(await screen.findByRole("button", { name: "+ Add property" }));
  await user.type(
    within(screen.getByRole("group", { name: "Name in the payload" })).getByLabelText("Name in the payload"),
    "city",
  );
  await expectAccessible();
  await user.click(screen.getByRole("button", { name: "Save" }));
  // then
  expect(await screen.findByText("“CRM nightly” is saved.")).toBeTruthy();
  const put = sent.find(({ method }) => method === "PUT");
  expect(put?.headers.get("If-Match")).toBe('"40"');
  const body = (await put?.json()) as IntegrationBody;
  expect(body.mappings).toEqual([
    MAPPING,
    {
      property: "city",
      attribute: "city",
      name: "city",
      type: "String",
      on_empty: "reject",
      date_format: null,
      time_zone: null,
    },
  ]);
});

it("offers the new state when somebody else was faster", async () => {
  // given
  let view = integration({ name: "Before" });
  const { user } = await show("/integrations/7/edit", {
    ...answers(),
    "GET /api/v1/integrations/7": () => json(view),
    "PUT /api/v1/integrations/7": () => problem(412, "version_conflict"),
  });
  const name = await screen.findByLabelText<HTMLInputElement>("Name");
  await user.type(name, " and after");
  await user.click(screen.getByRole("button", { name: "Save" }));
  // when
  const reload = await screen.findByRole("button", { name: "Load the new state" });
  expect(name.value).toBe("Before and after");
  view = integration({ name: "Of somebody else", version: 41 });
  await user.click(reload);
  // then
  expect(await screen.findByDisplayValue("Of somebody else")).toBeTruthy();
});

it("of an integration that does not exist is told as that", async () => {
  await show("/integrations/8/edit", answers({ "GET /api/v1/integrations/8": () => problem(404, "not_found") }));
  expect(await screen.findByText("It does not exist (any more).")).toBeTruthy();
});

it.each(["/integrations/create", "/integrations/7/edit"])("at %s a viewer is told that they may not", async (path) => {
  await show(path, answersOf(signedIn("viewer"), [integration()]));
  expect(await screen.findByText("You can look at everything here, but not change it.")).toBeTruthy();
  expect(screen.queryByRole("button", { name: /Save|Next/ })).toBeNull();
});

it("lists what becomes of a record in the order of the properties, by their display names", async () => {
  // given: a value that counts after one that does not
  const city = { ...MAPPING, property: "city", attribute: "c1", name: "City", type: "String" } as const;
  const preview = async (request: Request) => {
    const { definition } = (await request.json()) as { definition: { mappings: { attribute: string }[] } };
    const attributes = { [definition.mappings[1]?.attribute ?? ""]: { type: "String", value: "Rome", text: "Rome" } };
    const observed_at = "2026-11-24T12:00:00Z";
    return json({
      records: [{ index: 0, user_id: "u-17", observed_at, attributes }],
      rejected: 0,
      rejects: [{ index: 0, property: "seats", code: "invalid_number", message: "" }],
      unmapped: {},
      user_id: "userId",
      proposals: [],
    });
  };
  const view = integration({ mappings: [MAPPING, city] });
  const { user } = await show("/integrations/7/edit", {
    ...answers({ "GET /api/v1/integrations/7": () => json(view) }),
    "POST /api/v1/preview": preview,
  });
  // when
  await user.click(await screen.findByRole("textbox", { name: "Sample payload" }));
  await user.paste('{"userId": "u-17", "seats": "x", "city": "Rome"}');
  // then
  const record = within(await screen.findByRole("region", { name: "Record 1" }));
  expect(record.getAllByRole("term").map(({ textContent }) => textContent)).toEqual(["Seats", "City"]);
});
