/** What the object of a change is called in the audit log. */
import { expect, it } from "vitest";
import { objectNames } from "../src/routes/audit/object-names";
import type { Entry } from "../src/services/schema";

function entry(fields: Partial<Entry>): Entry {
  return {
    id: 1,
    at: "2026-11-24T12:00:00Z",
    actor: { id: "user:5", name: "anna" },
    action: "replaced",
    kind: "integration",
    object: "7",
    system: null,
    request_id: "r-1",
    before: null,
    after: null,
    ...fields,
  };
}

it("is what it was called then, else what other entries call it, else its id", () => {
  const renamed = entry({ before: { name: "Old" }, after: { name: "New" } });
  const made = entry({ after: { name: "Old" } });
  const token = entry({ kind: "integration_token", after: { hint: "ab12" } });
  const session = entry({ kind: "session", object: "5" });
  const reset = entry({ kind: "user", object: "6" });
  const name = objectNames([renamed, made, token, session, reset]);
  expect([renamed, made, token, session, reset].map(name)).toEqual(["New", "Old", "New", "anna", "6"]);
});

it("takes no service for a user", () => {
  const first = entry({
    kind: "user",
    object: "config-api",
    actor: { id: "service:config-api", name: "service:config-api" },
  });
  expect(objectNames([first])(first)).toBe("config-api");
});
