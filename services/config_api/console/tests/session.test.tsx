/** Signing in and out, and sessions that end in the middle of something. */
import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { answersOf, expectAccessible, integration, json, problem, show, signedIn } from "./console";

it("somebody who is not signed in is asked to, and then sees the page that they came for", async () => {
  // given
  const answers = answersOf(signedIn("admin"), [integration()]);
  const { user, sent } = await show("/integrations", {
    ...answers,
    "GET /api/v1/session": () => problem(401, "missing_credentials"),
    "POST /api/v1/session": () => json(signedIn("admin")),
  });
  const name = await screen.findByLabelText("User name");
  await expectAccessible();
  // when
  await user.type(name, "admin");
  await user.type(screen.getByLabelText("Password"), "secret{Enter}");
  // then
  expect(await screen.findByText("CRM nightly")).toBeTruthy();
  const posted = sent.find(({ method }) => method === "POST");
  expect(await posted?.json()).toEqual({ name: "admin", password: "secret" });
});

it("a wrong password is told in words, and what was typed stays", async () => {
  const { user } = await show("/", {
    "GET /api/v1/session": () => problem(401, "missing_credentials"),
    "POST /api/v1/session": () => problem(401, "invalid_credentials"),
  });
  await user.type(await screen.findByLabelText("User name"), "admin");
  await user.type(screen.getByLabelText("Password"), "wrong");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByText(/The name or the password is wrong/)).toBeTruthy();
  expect(screen.getByLabelText<HTMLInputElement>("User name").value).toBe("admin");
});

it("who signs in again after the session has ended goes on where they were", async () => {
  // given: a search that was typed in, a session that ends
  const answers = answersOf(signedIn("admin"), [integration(), integration({ id: 8, name: "Payroll" })]);
  const { user } = await show("/integrations", {
    ...answers,
    "POST /api/v1/integrations/7/pause": () => problem(401, "invalid_session"),
    "POST /api/v1/session": () => json(signedIn("admin")),
  });
  await user.type(await screen.findByLabelText("Find by name"), "crm");
  await user.click(await screen.findByRole("button", { name: "Actions for CRM nightly" }));
  await user.click(await screen.findByRole("menuitem", { name: "Pause" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Pause" }));
  // when
  expect(await screen.findByText("Your session has ended")).toBeTruthy();
  expect(screen.queryByRole("dialog")).toBeNull();
  await user.type(screen.getByLabelText("Password"), "secret{Enter}");
  // then
  await waitFor(() => expect(screen.queryByText("Your session has ended")).toBeNull());
  expect(screen.getByLabelText<HTMLInputElement>("Find by name").value).toBe("crm");
  expect(screen.queryByText("Payroll")).toBeNull();
});

it("somebody else who signs in after a session has ended starts afresh", async () => {
  // given
  let listed = [integration()];
  const { user } = await show("/integrations", {
    ...answersOf(signedIn("admin", 1), []),
    "GET /api/v1/integrations": (request) => json({ items: request.url.includes("deleted") ? [] : listed, next: null }),
    "POST /api/v1/integrations/7/pause": () => problem(401, "invalid_session"),
    "POST /api/v1/session": () => json(signedIn("viewer", 2)),
  });
  await user.type(await screen.findByLabelText("Find by name"), "crm");
  await user.click(await screen.findByRole("button", { name: "Actions for CRM nightly" }));
  await user.click(await screen.findByRole("menuitem", { name: "Pause" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Pause" }));
  // when
  listed = [integration({ id: 9, name: "Of another system" })];
  await user.type(await screen.findByLabelText("Password"), "secret{Enter}");
  // then
  expect(await screen.findByText("Of another system")).toBeTruthy();
  expect(screen.queryByText("CRM nightly")).toBeNull();
  expect(screen.getByLabelText<HTMLInputElement>("Find by name").value).toBe("");
});

it("signing out proves where it comes from, and forgets what was read", async () => {
  const { user, sent } = await show("/integrations", {
    ...answersOf(signedIn("admin"), [integration()]),
    "DELETE /api/v1/session": () => new Response(null, { status: 204 }),
  });
  await screen.findByText("CRM nightly");
  await user.click((await screen.findAllByRole("button", { name: "Account: admin 1" }))[0] as HTMLElement);
  await user.click(await screen.findByRole("menuitem", { name: "Sign out" }));
  expect(await screen.findByLabelText("User name")).toBeTruthy();
  expect(screen.queryByText("CRM nightly")).toBeNull();
  expect(sent.find(({ method }) => method === "DELETE")?.headers.get("X-CSRF-Token")).toBe("csrf-1");
});

it("a server that cannot be reached at the start can be asked again", async () => {
  let answer = () => problem(503, "not_ready");
  const { user } = await show("/integrations", {
    ...answersOf(signedIn("admin"), [integration()]),
    "GET /api/v1/session": () => answer(),
  });
  const again = await screen.findByRole("button", { name: "Try again" });
  answer = () => json(signedIn("admin"));
  await user.click(again);
  expect(await screen.findByText("CRM nightly")).toBeTruthy();
});

it("a CSRF token that is out of date is read anew, so that trying again works", async () => {
  // given: somebody has signed in anew in another tab
  let user = signedIn("admin");
  const { user: hand, sent } = await show("/integrations", {
    ...answersOf(user, [integration({ state: "paused" })]),
    "GET /api/v1/session": () => json(user),
    "POST /api/v1/integrations/7/resume": (request) =>
      request.headers.get("X-CSRF-Token") === "renewed" ? json(integration()) : problem(403, "invalid_csrf_token"),
  });
  const posts = () => sent.filter(({ method }) => method === "POST").length;
  // The page is drawn anew once it has read the session: that closes what is open, and a click may meet nothing.
  const resume = (times: number) =>
    waitFor(async () => {
      if (posts() < times) {
        const button = screen.getByRole("button", { name: "Actions for CRM nightly" });
        if (button.getAttribute("aria-expanded") !== "true") {
          await hand.click(button);
        }
        await hand.click(screen.getByRole("menuitem", { name: "Resume" }));
      }
      expect(posts()).toBe(times);
    });
  await screen.findByText("CRM nightly");
  user = { ...user, csrf_token: "renewed" };
  // when, then
  await resume(1);
  expect(await screen.findByText("The page was out of date. Try again.")).toBeTruthy();
  await resume(2);
  expect(await screen.findByText("“CRM nightly” accepts data again.")).toBeTruthy();
  expect(posts()).toBe(2);
});
