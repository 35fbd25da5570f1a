import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sourceFiles } from "./files.mjs";
import { root } from "./workspace.mjs";

/**
 * What of a page is run. Of its blocks of code
 * - `ts` are one program, in their order; `ts file=a.ts` (or `json file=…`) is a file beside it, of its own;
 * - `sh run` are commands, run in the folder of these files;
 * - `text output` is what the program, or the command before it, prints: `…` stands for anything, alone on a line for any lines.
 * All others are only read.
 * @typedef {object} Page
 * @property {string} name relative to the root
 * @property {Record<string, string>} files
 * @property {readonly Step[]} steps
 *
 * @typedef {object} Step
 * @property {string} [command] in bash; else the program
 * @property {string} expected empty where the page shows no output
 */

/** The program of a page. */
export const PROGRAM = "page.ts";

/**
 * The pages below docs that have something to run. What is generated, and decisions, which are of their time, have not.
 * @param {string} [at] the folder of the repository
 * @returns {Page[]}
 */
export function pages(at = root) {
  return sourceFiles(join(at, "docs"))
    .filter((file) => file.endsWith(".md") && !/^(?:api|decisions)\//.test(file))
    .map((file) => pageOf(`docs/${file}`, readFileSync(join(at, "docs", file), "utf8")))
    .filter(({ steps }) => steps.length > 0);
}

/**
 * @param {string} name
 * @param {string} markdown
 * @returns {Page}
 */
export function pageOf(name, markdown) {
  /** @type {Record<string, string>} */
  const files = {};
  /** @type {Step[]} */
  const steps = [];
  /** @type {Step | undefined} */
  let program;
  /** @type {Step | undefined} */
  let last;
  for (const [, language = "", info = "", code = ""] of markdown.matchAll(/^```(\w+)([^\n]*)\n([^]*?)^```$/gm)) {
    const file = /\bfile=(\S+)/.exec(info)?.[1];
    if (file) {
      files[file] = (files[file] ?? "") + code;
    } else if (language === "ts") {
      files[PROGRAM] = `${files[PROGRAM] ?? ""}${code}\n`;
      if (!program) steps.push((program = { expected: "" }));
      last = program;
    } else if (language === "sh" && info.trim() === "run") {
      steps.push((last = { command: code, expected: "" }));
    } else if (language === "text" && info.trim() === "output") {
      if (!last) throw new Error(`${name} shows an output before anything that could print it.`);
      last.expected += code;
    }
  }
  return { name, files, steps };
}

/**
 * Writes the files of a page where they can be run, in place of those that were there.
 * @param {string} folder
 * @param {Page} page
 */
export function writePage(folder, { files }) {
  rmSync(folder, { recursive: true, force: true });
  for (const [name, code] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), name === PROGRAM ? `${code}export {};\n` : code);
  }
}

/**
 * @param {string} expected
 * @param {string} printed
 */
export function isOutput(expected, printed) {
  const pattern = expected
    .trimEnd()
    .replace(/[$()*+.?[\\\]^{|}]/g, "\\$&")
    .replace(/^…\n/gm, "(?:.*\\n)*?")
    .replace(/\n…$/, "(?:\\n.*)*")
    .replaceAll("…", ".*");
  return new RegExp(`^${pattern}$`).test(printed.trimEnd());
}
