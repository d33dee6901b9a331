/** Problem documents in plain words, and on the fields that they are about. */
import { beforeAll, describe, expect, it } from "vitest";
import { type Language, loadTexts } from "../src/i18n";
import { answered, codeText, faultsByField, ProblemError, problemText } from "../src/services/problems";
import type { Code } from "../src/services/schema";
import { problem } from "./console";

async function refused(response: Response): Promise<unknown> {
  const error = await response
    .clone()
    .json()
    .catch(() => "");
  return answered(Promise.resolve({ error, response })).catch((raised: unknown) => raised);
}

describe.each<Language>(["de", "en"])("in %s", (language) => {
  let t: Awaited<ReturnType<typeof loadTexts>>["i18n"]["t"];

  beforeAll(async () => {
    ({ t } = (await loadTexts(language)).i18n);
  });

  it("a code has its text, whatever the server's own language says", async () => {
    const error = await refused(problem(412, "version_conflict"));
    expect(problemText(t, error)).toBe(
      {
        de: "Jemand anderes hat das inzwischen geändert. Laden Sie den neuen Stand.",
        en: "Somebody else has changed this meanwhile. Load the new state.",
      }[language],
    );
  });

  it("a code of a later release is told as well as may be", () => {
    expect(codeText(t, "made_up_later" as Code)).toBe(t("problems.unknown"));
  });

  it("Retry-After says when to try again, with its plural", async () => {
    const response = problem(429, "too_many_attempts");
    response.headers.set("Retry-After", "1");
    expect(problemText(t, await refused(response))).toMatch(/ 1 (?:Sekunde|second)\b/);
    response.headers.set("Retry-After", "30");
    expect(problemText(t, await refused(response))).toMatch(/ 30 (?:Sekunden|seconds)\b/);
  });

  it("no answer at all, and an answer of something in between, are told apart from a fault of ours", async () => {
    expect(problemText(t, new TypeError("Failed to fetch"))).toBe(t("problems.unreachable"));
    const error = await refused(new Response("<html>Bad gateway</html>", { status: 502 }));
    expect(error).toBeInstanceOf(ProblemError);
    expect(problemText(t, error)).toBe(t("problems.codes.not_ready"));
  });

  it("faults are shown at their fields, the others elsewhere", async () => {
    const faults = [
      { pointer: "/name", code: "duplicate", message: "" },
      { pointer: "/mappings/1/date_format", code: "invalid_field", message: "" },
      { pointer: "/mappings/12", code: "missing_field", message: "" },
    ];
    const error = await refused(problem(422, "invalid_body", faults));
    const { shown, others } = faultsByField(t, error, ["/name", "/mappings/1"]);
    expect([...shown]).toEqual([
      ["/name", t("problems.codes.duplicate")],
      ["/mappings/1", t("problems.codes.invalid_field")],
    ]);
    expect(others).toEqual([`/mappings/12: ${t("problems.codes.missing_field")}`]);
  });
});
