import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { programOf } from "../src/cli/commands.ts";
import { builtins } from "../src/plugins/builtins.ts";
import { settingsTable } from "./settings-table.ts";
import { settled } from "./settled.ts";

const home = join(import.meta.dirname, "..");
const readme = readFileSync(join(home, "README.md"), "utf8");
const configuration = readFileSync(join(home, "..", "..", "docs", "configuration.md"), "utf8");
/** A table without the padding that the formatter gives its cells. */
const unpadded = (markdown: string): string => markdown.replace(/ {2,}/g, " ").replace(/:?-{3,}:?/g, "---");

test("docs/configuration.md has the table of all settings as the code has them", () => {
  expect(unpadded(configuration), "run `npm run docs`").toContain(unpadded(settingsTable()));
});

test("the README has all commands, and a config file that is right", () => {
  const listed = [...readme.matchAll(/^\| `plugboard (\w+)/gm)].map(([, name]) => name);
  expect(listed).toEqual(programOf("/", () => undefined).commands.map((command) => command.name()));
  const [, json = ""] = /```jsonc\n([^]*?)```/.exec(readme) ?? [];
  const text = json.replace("/run/secrets/mcp-token", "token");
  expect(settled({ "plugboard.json": text, token: "a-token-of-enough-letters\n" }, []).plugins).toHaveLength(9);
});

test("the README has at most 120 lines", () => {
  expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(120);
});

test("the plugins that come with the server are those that it depends on", () => {
  const { dependencies } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const plugins = Object.keys(dependencies).filter((name) => name.startsWith("@plugboard/"));
  expect(new Set(plugins)).toEqual(new Set(builtins.map((name) => `@plugboard/${name}`)));
});
