/** The catalogues: every text in every language, with the same values to fill in. */
import { describe, expect, it } from "vitest";
import description from "../../openapi.json";
import { preferredLanguage } from "../src/i18n";
import { de } from "../src/i18n/de";
import { en } from "../src/i18n/en";

type Tree = { readonly [key: string]: string | Tree };

function texts(tree: Tree, above = ""): Map<string, string> {
  const found = Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === "string" ? [[above + key, value]] : [...texts(value, `${above}${key}.`)],
  );
  return new Map(found);
}

function values(text: string): string[] {
  return [...text.matchAll(/{{(\w+)}}/g)].map(([, name]) => name ?? "").sort();
}

describe("the catalogues", () => {
  const english = texts(en);
  const german = texts(de);

  it("have the same keys", () => {
    expect([...german.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it("fill in the same values", () => {
    for (const [key, text] of english) {
      expect(values(german.get(key) ?? ""), key).toEqual(values(text));
    }
  });

  it("have no empty text", () => {
    expect([...english, ...german].filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  it("have a text for every code that the API may give", () => {
    const codes: string[] = description.components.schemas.Code.enum;
    expect(codes.length).toBeGreaterThan(60);
    expect(codes.filter((code) => !english.has(`problems.codes.${code}`))).toEqual([]);
  });

  it("have every plural in each form that its language has", () => {
    const forms = (language: string) => new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const [language, catalogue] of [
      ["en", english],
      ["de", german],
    ] as const) {
      const plurals = new Set([...catalogue.keys()].flatMap((key) => key.match(/^(.*)_(?:one|other)$/)?.[1] ?? []));
      for (const key of plurals) {
        expect(
          forms(language).filter((form) => !catalogue.has(`${key}_${form}`)),
          key,
        ).toEqual([]);
      }
    }
  });
});

describe("the language to begin with", () => {
  it.each([
    [["de-AT", "en"], "de"],
    [["fr", "en-GB", "de"], "en"],
    [["fr"], "en"],
    [[], "en"],
  ])("of a browser that wants %j is %s", (wanted, language) => {
    expect(preferredLanguage(wanted)).toBe(language);
  });
});
