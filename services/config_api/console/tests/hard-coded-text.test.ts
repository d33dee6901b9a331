/** No component holds a text of its own: what people read comes from the catalogues. */
import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { expect, it } from "vitest";

/** What components show or read out under these names. */
const SHOWN = /^(?:alt|title|label|text|content|header|description|placeholder|.*(?:Text|Label|Placeholder|Title))$/;
const WORDS = /\p{L}{2,}/u;

/** The texts that a source file would show to people. */
function textsIn(source: string): string[] {
  const found: string[] = [];
  const isText = (node: ts.Node | undefined): node is ts.StringLiteralLike | ts.TemplateExpression =>
    node !== undefined && (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node));
  const add = (text: string) => WORDS.test(text.replaceAll(/\$\{[^}]*\}/g, "")) && found.push(text);
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node)) {
      add(node.text);
    } else if (ts.isJsxExpression(node) && isText(node.expression) && !ts.isJsxAttribute(node.parent)) {
      add(node.expression.getText());
    } else if (ts.isJsxAttribute(node) && SHOWN.test(node.name.getText().replace("aria-", ""))) {
      const value =
        node.initializer && ts.isJsxExpression(node.initializer) ? node.initializer.expression : node.initializer;
      isText(value) && add(value.getText());
    } else if (ts.isPropertyAssignment(node) && SHOWN.test(node.name.getText()) && isText(node.initializer)) {
      add(node.initializer.getText());
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("source.tsx", source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX));
  return found;
}

it("finds what would be shown", () => {
  const source = `const a = { label: "Name", id: "name", path: "/x" };
    const b = <Box variant="h1" header="Title" aria-label={\`Open it\`}>Text {"More"} {t("key")} · {n}</Box>;`;
  expect(textsIn(source)).toEqual(['"Name"', '"Title"', "`Open it`", "Text ", '"More"']);
});

it("finds none in any component", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".tsx"));
  expect(files.length).toBeGreaterThan(10);
  const found = files.flatMap((file) => textsIn(readFileSync(`src/${file}`, "utf8")).map((text) => `${file}: ${text}`));
  expect(found).toEqual([]);
});
