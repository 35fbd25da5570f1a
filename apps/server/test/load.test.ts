import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folder } from "./folder.ts";
import { fixtures, runProgram } from "./process.ts";

const lab = join(fixtures, "lab.js");
const modules = join(import.meta.dirname, "..", "node_modules");

/** Checks a configuration, beside whose file the packages of this workspace are installed. */
async function check(
  plugins: object,
  files: Record<string, string | object> = {},
  prepare: (path: string) => void = () => undefined,
) {
  using at = folder({ "sub/plugboard.json": { plugins }, ...files });
  symlinkSync(modules, join(at.path, "node_modules"));
  prepare(at.path);
  const { code, stdout, stderr } = await runProgram(["check", "sub/plugboard.json"], { cwd: at.path });
  return { code, stdout, stderr: stderr.replaceAll(at.path, "") };
}

describe("a plugin is found", () => {
  test("by its short name", async () => {
    const { code, stdout } = await check({ search: { roots: ["."] } });
    expect(code).toBe(0);
    expect(stdout).toContain(
      "sub/plugboard.json: all right.\nPlugins: core, progress, cache, ratelimit, batch, search\nServes:  over stdio\nTools:\n  batch ",
    );
  });

  test("by a path from the config file's folder, absolute, and as CommonJS", async () => {
    const prepare = (path: string) => cpSync(join(fixtures, "common.cjs"), join(path, "common.cjs"));
    const { code, stdout } = await check({ "../common.cjs": { word: "hi" }, [lab]: {} }, {}, prepare);
    expect(stdout).toMatch(
      /Plugins: core, progress, cache, ratelimit, batch, common, lab\nServes: {2}over stdio\nTools:\n(?: {2}batch.*\n){3} {2}common +Says a word\.\n {2}lab_echo +Says it again\.\n/,
    );
    expect(code).toBe(0);
  });

  test("by the name of a package installed beside the config file, also one that exports for import only", async () => {
    const source = `import { definePlugin } from "@plugboard/core"; import { z } from "zod";
      export const options = z.strictObject({}); export const greet = definePlugin({ name: "greet", options, setup(host) { host.tool("greet", { description: "Greets." }, () => "hello"); } });
      export default greet;`;
    const packages = {
      "sub/node_modules/@someone/greet/package.json": {
        name: "@someone/greet",
        type: "module",
        exports: { ".": { types: "./x.d.ts", import: "./lib/greet.js" } },
      },
      "sub/node_modules/@someone/greet/lib/greet.js": source,
      "sub/node_modules/greet-too/package.json": { name: "greet-too", type: "module", main: "index.js" },
      "sub/node_modules/greet-too/index.js": source,
    };
    const { code, stdout, stderr } = await check({ "@someone/greet": {}, second: { plugin: "greet-too" } }, packages);
    expect(stderr).toBe("");
    expect(stdout).toContain("Plugins: core, progress, cache, ratelimit, batch, greet, second\n");
    expect(code).toBe(0);
  });

  test("twice, under names of their own that their tools carry", async () => {
    const { stdout } = await check({ search: { roots: ["."] }, notes: { plugin: "search", roots: ["."] } });
    expect(stdout.match(/^ {2}\w+/gm)?.slice(3)).toEqual([
      "  search",
      "  search_similar",
      "  fetch",
      "  notes",
      "  notes_similar",
      "  notes_fetch",
    ]);
  });
});

describe("one sentence and exit code 2, before anything starts, for", () => {
  test.each([
    [
      "an unknown plugin that is nearly a known one",
      { serach: {} },
      "sub/plugboard.json:1:13: unknown plugin `serach`. Did you mean `search`?",
    ],
    [
      "an unknown plugin",
      { weather: {} },
      "sub/plugboard.json:1:13: unknown plugin `weather`. A key of `plugins` is one of core, progress, cache, ratelimit, batch, logtail, search, the name of an installed package",
    ],
    [
      "a package that is not installed",
      { "@someone/nothing": {} },
      "sub/plugboard.json:1:13: the package `@someone/nothing` is not installed. Install it: `npm install @someone/nothing`.",
    ],
    [
      "a file that is not there",
      { "./nothing.js": {} },
      "sub/plugboard.json:1:13: there is no plugin file `./nothing.js`; such a path is relative to /sub.",
    ],
    [
      "a module without a plugin",
      { [join(fixtures, "none.js")]: {} },
      "exports no plugin: it exports `greeting`, `plugin`.",
    ],
    [
      "a module with two plugins",
      { [join(fixtures, "two.js")]: {} },
      "exports 2 plugins (`one`, `other`): a module that is loaded by name exports one.",
    ],
    ["a module that throws", { [join(fixtures, "broken.js")]: {} }, "broken.js: this module does not load"],
    [
      "a plugin whose setup fails",
      { [lab]: { failOnSetup: true } },
      "sub/plugboard.json: lab: setup failed: the lab is closed.",
    ],
    [
      "a misspelt option",
      { search: { rots: ["."] } },
      "sub/plugboard.json:1:23: unknown key `rots` in `plugins.search`. Did you mean `roots`?",
    ],
    [
      "an option of the wrong type",
      { [lab]: { failOnSetup: 1 } },
      'lab.js"].failOnSetup`: expected boolean, received number.',
    ],
    [
      "a root that is not there",
      { docs: { plugin: "search", roots: [".", "./nothing"] } },
      "sub/plugboard.json:1:52: `plugins.docs.roots[1]`: there is no file or folder ./nothing (that is /sub/nothing).",
    ],
    [
      "search without roots",
      { search: {} },
      "sub/plugboard.json:1:13: `plugins.search.roots`: it is missing; name the files and folders, or give `[]` where other plugins bring the documents.",
    ],
    [
      "a name that is none",
      { "My Docs": { plugin: "search", roots: ["."] } },
      '"My Docs" is not a name for a plugin. The key of a plugin that has `"plugin"` is one word',
    ],
    [
      "two plugins of one name",
      { [lab]: {}, lab: { plugin: lab } },
      'two plugins are called "lab". Give one of them a name of its own: `"docs": {"plugin": "search", …}`.',
    ],
  ])("%s", async (_, plugins, message) => {
    const { code, stdout, stderr } = await check(plugins);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  test("two plugins that bring the same tool, naming both", async () => {
    const rival = `import { definePlugin } from "@plugboard/core"; import { z } from "zod";
      export const rival = definePlugin({ name: "rival", options: z.strictObject({}), setup(host) { host.tool("search", { description: "Searches too." }, () => ""); } });`;
    const { code, stderr } = await check(
      { search: { roots: ["."] }, "./rival.js": {} },
      { "sub/rival.js": rival, "sub/package.json": { type: "module" } },
    );
    expect(stderr).toContain(
      'rival: the tool "search" is also one of the plugin "search". Give one of the plugins a name of its own, and its tools get it too',
    );
    expect(code).toBe(2);
  });

  test("a file that is not taken for a module", async () => {
    const files = { "sub/lab.js": 'import { z } from "zod";\n', "sub/package.json": { type: "commonjs" } };
    const { code, stderr } = await check({ "./lab.js": {} }, files);
    expect(stderr).toContain('Call the file .mjs, or say `"type": "module"` in the package.json beside it.');
    expect(code).toBe(2);
  });

  test("a plugin that uses another copy of core", async () => {
    const copy = (path: string) => {
      const home = join(path, "sub", "node_modules", "@plugboard");
      mkdirSync(home, { recursive: true });
      cpSync(join(modules, "@plugboard", "core", "dist"), join(home, "core", "dist"), { recursive: true });
      cpSync(join(modules, "@plugboard", "core", "package.json"), join(home, "core", "package.json"));
      cpSync(lab, join(path, "sub", "lab.js"));
    };
    const { code, stderr } = await check({ "./lab.js": {} }, { "sub/package.json": { type: "module" } }, copy);
    expect(stderr).toContain(
      "The plugin `./lab.js` uses another copy of @plugboard/core than this server: install both in one place",
    );
    expect(code).toBe(2);
  });

  test("a flag, and a variable, without a stack", async () => {
    const flag = await runProgram(["--serach"]);
    expect(flag).toEqual({
      code: 2,
      stdout: "",
      stderr: "Unknown option '--serach' (Did you mean --search?) See `plugboard --help`.\n",
    });
    const variable = await runProgram(["--search", "."], { env: { PLUGBOARD_HTTP_PORT: "x" } });
    expect(variable).toEqual({
      code: 2,
      stdout: "",
      stderr: "The environment variable PLUGBOARD_HTTP_PORT: expected number, received string.\n",
    });
  });
});
