import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..", "..");

test("every test that the page about security names exists", () => {
  const page = readFileSync(join(root, "docs", "security.md"), "utf8");
  const shown = [...page.matchAll(/^- `([^`]+\.test\.ts)`: (.+)$/gm)];
  expect(shown.length).toBeGreaterThan(30);
  const missing = shown.flatMap(([, file = "", names = ""]) => {
    const source = readFileSync(join(root, file), "utf8");
    return [...names.matchAll(/"([^"]+)"/g)].flatMap(([, name = ""]) =>
      source.includes(name) ? [] : [`${file}: ${name}`],
    );
  });
  expect(missing).toEqual([]);
});
