import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../scripts/process.mjs";
import { root } from "../scripts/workspace.mjs";

/** The releases of Node that consumers are tried on, besides the running one: the oldest supported, and the two newer lines. */
const RELEASES = { oldest: "20.19.0", 22: "22.23.3", 24: "24.21.0" };

/** @typedef {keyof typeof RELEASES} NodeLine */

/** @type {Map<NodeLine, Promise<string>>} */
const programs = new Map();

/**
 * The program of another release of Node, kept between runs, from the npm package that has the official build.
 * @param {NodeLine} line
 * @returns {Promise<string>}
 */
export function nodeProgram(line) {
  const program = programs.get(line) ?? install(line);
  programs.set(line, program);
  return program;
}

/** @param {NodeLine} line */
async function install(line) {
  const version = RELEASES[line];
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(root, "node_modules", ".cache", "plugboard", `node-${version}`);
  const program = join(folder, "node_modules", name, "bin", "node");
  if (existsSync(program)) return program;
  // Under its own name only when it is whole.
  const unfinished = `${folder}-${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    writeFileSync(join(unfinished, "package.json"), "{}");
    const { code, output } = await run("npm", ["install", "--no-save", `${name}@${version}`], { cwd: unfinished });
    if (code !== 0) throw new Error(`Node ${version} cannot be had from the registry:\n${output}`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return program;
}
