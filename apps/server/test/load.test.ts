import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { Failure } from "../src/config/failure.ts";
import { composePlugins } from "../src/plugins/compose.ts";
import { run } from "../src/run.ts";
import { folder } from "./folder.ts";
import { fixtures, runProgram } from "./process.ts";
import { settleIn } from "./settled.ts";

const lab = join(fixtures, "lab.js");
const modules = join(import.meta.dirname, "..", "node_modules");

/** Checks a configuration in a process, where Node itself finds the modules: beside its file, this workspace's packages. */
async function check(
  plugins: object,
  files: Record<string, string | object>,
  prepare: (path: string) => void = () => undefined,
) {
  using at = folder({ "sub/plugboard.json": { plugins }, ...files });
  symlinkSync(modules, join(at.path, "node_modules"));
  prepare(at.path);
  const { code, stdout, stderr } = await runProgram(["check", "sub/plugboard.json"], { cwd: at.path });
  return { code, stdout, stderr: stderr.replaceAll(at.path, "") };
}

/** What the program would say of the plugins of a configuration. */
async function problem(plugins: object): Promise<{ message: string; exitCode: number }> {
  using at = folder({ "sub/plugboard.json": { plugins } });
  try {
    const { plugin } = await composePlugins(settleIn(at.path, ["sub/plugboard.json"]));
    await plugin.dispose();
  } catch (error) {
    const { message, exitCode } = error as Failure;
    return { message: message.replaceAll(at.path, ""), exitCode };
  }
  throw new Error("there is no problem");
}

test("a plugin is found by short name, by path, as CommonJS, as a package beside the config file, and twice under two names", async () => {
  const greet = `import { definePlugin } from "@plugboard/core"; import { z } from "zod";
    export const options = z.strictObject({}); export const greet = definePlugin({ name: "greet", options, setup(host) { host.tool("greet", { description: "Greets." }, () => "hello"); } });
    export default greet;`;
  const packages = {
    // One that exports for `import` only, which `require.resolve` does not see.
    "sub/node_modules/@someone/greet/package.json": {
      name: "@someone/greet",
      type: "module",
      exports: { ".": { types: "./x.d.ts", import: "./lib/greet.js" } },
    },
    "sub/node_modules/@someone/greet/lib/greet.js": greet,
    "sub/node_modules/greet-too/package.json": { name: "greet-too", type: "module", main: "index.js" },
    "sub/node_modules/greet-too/index.js": greet,
  };
  const plugins = {
    search: { roots: ["."] },
    notes: { plugin: "search", roots: ["."] },
    "../common.cjs": { word: "hi" },
    [lab]: {},
    "@someone/greet": {},
    second: { plugin: "greet-too" },
  };
  const { code, stdout } = await check(plugins, packages, (path) =>
    cpSync(join(fixtures, "common.cjs"), join(path, "common.cjs")),
  );
  expect(stdout).toContain(
    "sub/plugboard.json: all right.\nPlugins: core, progress, cache, ratelimit, batch, search, notes, common, lab, greet, second\nServes:  over stdio\nTools:\n  batch ",
  );
  expect(stdout).toMatch(/\n {2}common +Says a word\.\n {2}lab_echo +Says it again\.\n/);
  expect(stdout.match(/^ {2}(?:search|fetch|notes|greet|second)\w*/gm)).toEqual([
    "  search",
    "  search_similar",
    "  fetch",
    "  notes",
    "  notes_similar",
    "  notes_fetch",
    "  greet",
    "  second",
  ]);
  expect(code).toBe(0);
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
      "sub/plugboard.json:1:13: lab: setup failed: the lab is closed.",
    ],
    [
      "a misspelt option",
      { search: { rots: ["."] } },
      "sub/plugboard.json:1:23: unknown key `rots` in `plugins.search`. Did you mean `roots`?",
    ],
    [
      "a misspelt choice of several kinds",
      { [lab]: {}, ratelimit: { rules: [{ per: "prinicpal", limit: 1, windowMs: 1000 }] } },
      'rules[0].per`: expected "global", "principal", "session" or "tool". Did you mean "principal"?',
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
      `sub/plugboard.json:1:${17 + JSON.stringify(lab).length}: lab: two plugins are called "lab". Give one of them a name of its own: \`"docs": {"plugin": "search", …}\`.`,
    ],
    [
      "two plugins that bring the same tool",
      { search: { roots: ["."] }, [join(fixtures, "rival.js")]: {} },
      'rival: the tool "search" is also one of the plugin "search". Give one of the plugins a name of its own, and its tools get it too',
    ],
  ])("%s", async (_, plugins, sentence) => {
    const { message, exitCode } = await problem(plugins);
    expect(message).toContain(sentence);
    expect(message).not.toContain("\n");
    expect(exitCode).toBe(2);
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
    const said = async (args: string[]): Promise<[number, string]> => {
      let err = "";
      const output = { out: () => undefined, err: (text: string) => void (err += text) };
      return [await run(args, { ...output, outIsTerminal: false, errIsTerminal: false }), err];
    };
    expect(await said(["--serach"])).toEqual([
      2,
      "Unknown option '--serach' (Did you mean --search?) See `plugboard --help`.\n",
    ]);
    vi.stubEnv("PLUGBOARD_HTTP_PORT", "x");
    expect(await said(["--search", "."])).toEqual([
      2,
      "The environment variable PLUGBOARD_HTTP_PORT: expected number, received string.\n",
    ]);
    vi.unstubAllEnvs();
  });
});
