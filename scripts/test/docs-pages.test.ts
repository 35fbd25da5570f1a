import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isOutput, pageOf, writePage } from "../docs-pages.mjs";
import { temporary, write } from "./temp.ts";

const page = `# Page

\`\`\`ts
console.log(1);
\`\`\`

\`\`\`text output
1
\`\`\`

\`\`\`sh
read only
\`\`\`

\`\`\`ts file=src/a.ts
export const a = 1;
\`\`\`

\`\`\`ts
console.log(2);
\`\`\`

\`\`\`text output
2
\`\`\`

\`\`\`sh run
cat src/a.ts
\`\`\`

\`\`\`text output
export …
\`\`\`
`;

test("a page is a program, files, and commands, each with what it prints", () => {
  const { files, steps } = pageOf("docs/a.md", page);
  expect(files).toEqual({ "page.ts": "console.log(1);\n\nconsole.log(2);\n\n", "src/a.ts": "export const a = 1;\n" });
  expect(steps).toEqual([{ expected: "1\n2\n" }, { command: "cat src/a.ts\n", expected: "export …\n" }]);
  expect(() => pageOf("docs/a.md", "```text output\n1\n```\n")).toThrow("docs/a.md shows an output before");
});

test("its files take the place of those that were there", () => {
  const folder = temporary({ "old.ts": "" });
  write(folder, "src/old.ts", "");
  writePage(folder, pageOf("docs/a.md", page));
  expect(existsSync(join(folder, "old.ts"))).toBe(false);
  expect(existsSync(join(folder, "src", "old.ts"))).toBe(false);
  expect(readFileSync(join(folder, "page.ts"), "utf8")).toMatch(/export \{\};\n$/);
});

test.each([
  ["a\nb\n", "a\nb\n", true],
  ["a\nb\n", "a\nb\nc\n", false],
  ["a\n", "ba\n", false],
  ["took … ms (a+b)\n", "took 12 ms (a+b)\n", true],
  ["took … ms\n", "took 1\n2 ms\n", false],
  ["a\n…\nb\n", "a\n1\n2\nb\n", true],
  ["a\n…\nb\n", "a\nb\n", true],
  ["a\n…\n", "a\n1\n2\n", true],
  ["…\nb\n", "a\nb\n", true],
  ["…\nb\n", "a\nbb\n", false],
])("%j against %j: %s", (expected, printed, fits) => {
  expect(isOutput(expected, printed)).toBe(fits);
});
