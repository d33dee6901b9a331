/** The three steps, from the list to an active integration. */
import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Language } from "../src/i18n";
import type { IntegrationView } from "../src/services/schema";
import { type Answers, answersOf, expectAccessible, integration, json, problem, show, signedIn } from "./console";

const SAMPLE = '{"userId": "u-17", "seats": 12345678901234567890.50}';
const PREVIEW = {
  records: [
    {
      index: 0,
      user_id: "u-17",
      observed_at: "2026-11-24T12:00:00Z",
      attributes: { seats: { type: "Number", value: 12345678901234567000, text: "12345678901234567890.50" } },
    },
  ],
  rejected: 0,
  rejects: [],
  unmapped: {},
  user_id: "userId",
  proposals: [
    { property: "userId", type: "String", date_format: null, time_zone: null, seen: 1, examples: [] },
    { property: "seats", type: "Number", date_format: null, time_zone: null, seen: 1, examples: [] },
  ],
};

function answers(more: Answers = {}): Answers {
  return {
    ...answersOf(signedIn("admin"), []),
    "POST /api/v1/preview": () => json(PREVIEW),
    "POST /api/v1/integrations": () => json(integration({ state: "draft" }), 201),
    "POST /api/v1/integrations/7/tokens": () => json({ token: "inl_i_secret", secret: {} }, 201),
    "GET /api/v1/access-tokens": () => json({ items: [], next: null }),
    ...more,
  };
}

type User = Awaited<ReturnType<typeof show>>["user"];

const WORDS = {
  en: {
    name: "Name",
    system: /Choose a system/,
    environment: /Choose an environment/,
    next: "Next",
    sample: "Sample payload",
  },
  de: {
    name: "Name",
    system: /System wählen/,
    environment: /Umgebung wählen/,
    next: "Weiter",
    sample: "Beispiel-Nutzdaten",
  },
} as const;

async function define(user: User, language: Language = "en"): Promise<void> {
  const words = WORDS[language];
  await user.type(await screen.findByLabelText(words.name), "CRM nightly");
  await user.click(screen.getByRole("button", { name: words.system }));
  await user.click(await screen.findByRole("option", { name: /CRM/ }));
  await user.click(screen.getByRole("button", { name: words.environment }));
  await user.click(await screen.findByRole("option", { name: /Production/ }));
  await user.click(screen.getByRole("button", { name: words.next }));
}

async function paste(user: User, language: Language = "en"): Promise<void> {
  await user.click(await screen.findByLabelText(WORDS[language].sample));
  await user.paste(SAMPLE);
}

it.each<Language>(["en", "de"])("leads from a name to a test that is written, in %s", async (language) => {
  // given
  const receipt = { receipt: "r", state: "written", failure: null, records: 1, written: 1, rejects: [] };
  const states = [{ receipt: "r", state: "pending" }, receipt];
  const posts = [problem(403, "forbidden_integration"), json({ message: "", receipt: "r", records: 1 }, 202)];
  const { user, sent } = await show(
    "/integrations/create",
    answers({
      "POST /api/v1/access-tokens": () => json({ token: "inl_a_secret" }, 201),
      "POST /public/v1/user/data": () => posts.shift() ?? json({}, 500),
      "GET /public/v1/receipts/r": () => json(states.shift()),
      "POST /api/v1/integrations/7/activate": () => json(integration()),
    }),
    language,
  );
  const text = (en: string, de: string) => ({ en, de })[language];
  // when: a name, a system, an environment; a sample, whose rows are proposed
  await define(user, language);
  await paste(user, language);
  expect(await screen.findByText("12345678901234567890.50")).toBeTruthy();
  expect(screen.getByLabelText<HTMLInputElement>(text("User ID property", "Benutzer-ID-Eigenschaft")).value).toBe(
    "userId",
  );
  await expectAccessible();
  await user.click(screen.getByRole("button", { name: WORDS[language].next }));
  // then: both tokens, once, and a request with them
  expect(await screen.findByText("inl_i_secret")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: text("Create access token", "Zugriffstoken erstellen") }));
  expect(await screen.findByText("inl_a_secret")).toBeTruthy();
  expect(screen.getByText(/curl -i/).textContent).toContain(SAMPLE);
  await expectAccessible();
  // and a test, which waits until the endpoint knows the definition
  await user.click(screen.getByRole("button", { name: text("Send a test", "Test senden") }));
  expect(await screen.findByText(text("Written: 1 of 1 record", "Geschrieben: 1 von 1 Datensatz"))).toBeTruthy();
  const posted = sent.filter(({ url }) => url.endsWith("/user/data"));
  expect(posted).toHaveLength(2);
  expect(await posted[1]?.text()).toBe(`{"token": "inl_i_secret", "data": [${SAMPLE}]}`);
  // and it is active
  await user.click(screen.getByRole("button", { name: text("Save", "Speichern") }));
  expect(
    await screen.findByText(
      text("“CRM nightly” is active and accepts data.", "„CRM nightly“ ist aktiv und nimmt Daten an."),
    ),
  ).toBeTruthy();
  await waitFor(() => expect(window.location.pathname).toBe("/integrations"));
});

it("says what is missing, at its field, and goes there", async () => {
  const { user } = await show("/integrations/create", answers());
  const name = await screen.findByLabelText("Name");
  await user.click(screen.getByRole("button", { name: "Next" }));
  expect(await screen.findByText("Enter a name.")).toBeTruthy();
  expect(screen.getByText("Choose a system.")).toBeTruthy();
  expect(screen.queryByText("Choose an environment.")).toBeNull(); // there is none to choose yet
  await waitFor(() => expect(document.activeElement).toBe(name));
  await expectAccessible();
});

it("shows what the server refuses at its field, keeps all that was entered, and makes one integration only", async () => {
  // given a type that another integration has given the attribute
  const refusal = problem(409, "type_conflict", [{ pointer: "/mappings/0/type", code: "type_conflict", message: "" }]);
  let first: Response | undefined = refusal;
  const { user, sent } = await show(
    "/integrations/create",
    answers({
      "POST /api/v1/integrations": () => {
        const answer = first ?? json(integration({ state: "draft" }), 201);
        first = undefined;
        return answer;
      },
      "PUT /api/v1/integrations/7": () => json(integration({ state: "draft", version: 41 })),
    }),
  );
  await define(user);
  await paste(user);
  const row = within(await screen.findByRole("group", { name: "seats" }));
  await user.click(screen.getByRole("button", { name: "Next" }));
  expect(await row.findByText("An attribute of this name or key has another type.")).toBeTruthy();
  // when
  await user.type(row.getByLabelText("Display name"), "Seats sold");
  await user.click(screen.getByRole("button", { name: "Next" }));
  await screen.findByText("inl_i_secret");
  // then: back and forth loses nothing, and changes what was made
  await user.click(screen.getByRole("button", { name: /Previous/ }));
  await user.click(await screen.findByRole("button", { name: "+ Add property" }));
  const added = within(screen.getByRole("group", { name: "Name in the payload" }));
  await user.type(added.getByLabelText("Name in the payload"), "hired");
  await user.click(screen.getByRole("button", { name: "Next" }));
  expect(await screen.findByText("inl_i_secret")).toBeTruthy();
  const put = sent.filter(({ method }) => method === "PUT");
  expect(put.map((request) => request.headers.get("If-Match"))).toEqual(['"40"']);
  const body = (await put[0]?.json()) as IntegrationView;
  expect(body.mappings.map(({ property, name }) => [property, name])).toEqual([
    ["seats", "Seats sold"],
    ["hired", "hired"],
  ]);
  expect(sent.filter(({ url }) => url.endsWith("/tokens"))).toHaveLength(1);
});

it("goes back to the name when it is taken", async () => {
  // given
  const taken = problem(409, "duplicate", [{ pointer: "/name", code: "duplicate", message: "" }]);
  const { user } = await show("/integrations/create", answers({ "POST /api/v1/integrations": () => taken }));
  await define(user);
  await paste(user);
  await screen.findByRole("group", { name: "seats" });
  // when
  await user.click(screen.getByRole("button", { name: "Next" }));
  // then
  const name = await screen.findByLabelText<HTMLInputElement>("Name");
  expect(name.value).toBe("CRM nightly");
  expect(name.getAttribute("aria-invalid")).toBe("true");
  expect(screen.getAllByText("This name or key is already taken.")).not.toHaveLength(0);
  await waitFor(() => expect(document.activeElement).toBe(name));
});

it("makes no second integration when the token could not be had at first", async () => {
  const tokens = [problem(500, "internal_error"), json({ token: "inl_i_late", secret: {} }, 201)];
  const { user, sent } = await show(
    "/integrations/create",
    answers({ "POST /api/v1/integrations/7/tokens": () => tokens.shift() ?? json({}, 500) }),
  );
  await define(user);
  await paste(user);
  await screen.findByRole("group", { name: "seats" });
  await user.click(screen.getByRole("button", { name: "Next" }));
  expect(await screen.findByText("Something unexpected went wrong.")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Next" }));
  expect(await screen.findByText("inl_i_late")).toBeTruthy();
  expect(sent.filter(({ method, url }) => method !== "GET" && url.endsWith("/integrations"))).toHaveLength(1);
});

it("asks before what was entered is left", async () => {
  const { user } = await show("/integrations/create", answers());
  await user.type(await screen.findByLabelText("Name"), "x");
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByText(/not saved and will be lost/)).toBeTruthy();
  await user.click(dialog.getByRole("button", { name: "Stay" }));
  expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("x");
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Leave" }));
  expect(await screen.findByText("No integration yet")).toBeTruthy();
});
