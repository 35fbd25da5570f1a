import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { binFile } from "./bin.mjs";
import { isOutput, PROGRAM, pages, writePage } from "./docs-pages.mjs";
import { inTurn } from "./in-turn.mjs";
import { run } from "./process.mjs";
import { root, workspaces } from "./workspace.mjs";

/** Where the code of the root's README and of docs runs: the workspace that has every package. */
const EXAMPLES = join(root, "examples");

/** Pages at a time; the steps of one follow each other. */
const AT_ONCE = 2;

const tsx = createRequire(join(root, "packages", "core", "package.json")).resolve("tsx");
const source = ["--conditions=@plugboard/source", "--import", tsx];

/**
 * A page, ready to run.
 * @typedef {object} Runnable
 * @property {string} name relative to the root
 * @property {string} at the folder in which it runs
 * @property {readonly string[]} files TypeScript, absolute
 * @property {readonly import("./docs-pages.mjs").Step[]} steps
 */

/**
 * The TypeScript of a README as one program, its blocks in order; empty where there is none.
 * @param {string} markdown
 */
export function codeOf(markdown) {
  return [...markdown.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code).join("\n");
}

/**
 * What is wrong with the code in the READMEs: all of it is type-checked and run, standard input closed.
 * @returns {Promise<string>}
 */
export function readmeProblems() {
  return problemsOf("readmes", readmes());
}

/**
 * What is wrong with the pages of docs: code as in the READMEs, commands, and what either is said to print.
 * @returns {Promise<string>}
 */
export function docsProblems() {
  return problemsOf("docs", docs());
}

/**
 * @param {string} what names the files that this leaves behind
 * @param {readonly Runnable[]} all
 */
async function problemsOf(what, all) {
  const state = mkdtempSync(join(tmpdir(), "plugboard-state-"));
  try {
    // What configures the server, or the tests, of whoever runs this would show in what the pages print.
    const foreign = Object.keys(process.env).filter((name) => name.startsWith("PLUGBOARD_"));
    const env = {
      ...Object.fromEntries(foreign.map((name) => [name, ""])),
      PLUGBOARD_STATE_DIR: state,
      PATH: `${commands(state)}${delimiter}${process.env["PATH"]}`,
    };
    const problems = [
      await typeProblems(
        what,
        all.flatMap(({ files }) => files),
      ),
    ];
    await inTurn(all, AT_ONCE, async (page) => problems.push(...(await pageProblems(page, env))));
    return problems.filter((problem) => problem !== "").join("\n");
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

/** @returns {Runnable[]} */
function readmes() {
  return [...workspaces(), { folder: "", path: root, manifest: {} }].flatMap(({ folder, path, manifest }) => {
    const code = manifest.private ? "" : codeOf(readFileSync(join(path, "README.md"), "utf8"));
    if (code === "") return [];
    const at = folder === "" ? EXAMPLES : path;
    const file = join(at, ".test", "readme.ts");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${code}\nexport {};\n`);
    return [{ name: join(folder, "README.md"), at, files: [file], steps: [{ expected: "" }] }];
  });
}

/** @returns {Runnable[]} */
function docs() {
  return pages().map((page) => {
    const at = join(EXAMPLES, ".test", "docs", page.name.replace(/^docs\/|\.md$/g, "").replaceAll("/", "-"));
    writePage(at, page);
    // What the tests of a page find in this repository, and a reader's in packages.
    writeFileSync(join(at, "vitest.config.ts"), 'export { default } from "../../../../vitest.config.ts";\n');
    const files = Object.keys(page.files).filter((file) => file.endsWith(".ts"));
    const first = files.includes(PROGRAM) ? [PROGRAM] : [];
    const ordered = [...first, ...files.filter((file) => file !== PROGRAM)].map((file) => join(at, file));
    return { name: page.name, at, files: ordered, steps: page.steps };
  });
}

/**
 * @param {Runnable} page
 * @param {Record<string, string>} env
 * @returns {Promise<string[]>}
 */
async function pageProblems({ name, at, files, steps }, env) {
  const problems = [];
  for (const { command, expected } of steps) {
    const what = command === undefined ? `The code in ${name}` : `\`${command.trim()}\` in ${name}`;
    const conditions = { NODE_OPTIONS: "--conditions=@plugboard/source" };
    const { code, stdout, output } =
      command === undefined
        ? await run(process.execPath, [...source, files[0] ?? ""], { cwd: at, env })
        : await run("bash", ["-euo", "pipefail", "-c", command], { cwd: at, env: { ...env, ...conditions } });
    if (code !== 0) problems.push(`${what} fails:\n${output.trimEnd()}`);
    else if (expected !== "" && !isOutput(expected, stdout))
      problems.push(`${what} prints something else than the page says:\n${stdout.trimEnd()}`);
  }
  return problems;
}

/**
 * A folder with the commands that a reader has installed, here from their sources.
 * @param {string} parent
 */
function commands(parent) {
  const folder = join(parent, "bin");
  mkdirSync(folder);
  const main = join(root, "apps", "server", "src", "main.ts");
  const file = join(folder, "plugboard");
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' ${source.join(" ")} '${main}' "$@"\n`);
  chmodSync(file, 0o755);
  return folder;
}

/**
 * @param {string} what
 * @param {readonly string[]} files
 */
async function typeProblems(what, files) {
  const folder = join(root, "node_modules", ".cache", "plugboard");
  mkdirSync(folder, { recursive: true });
  const config = join(folder, `tsconfig.${what}.json`);
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false };
  const include = files.map((file) => relative(folder, file));
  writeFileSync(
    config,
    JSON.stringify({ extends: relative(folder, join(root, "tsconfig.json")), compilerOptions, include }),
  );
  const { code, output } = await run(process.execPath, [binFile("typescript"), "-p", config]);
  return code === 0 ? "" : `The code in the ${what} does not fit the types:\n${output.trimEnd()}`;
}
