import { cpSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { nodeProgram } from "./nodes.mjs";

/** @typedef {import("./outside.mjs").Outside} Outside */
/** @typedef {import("./cells.mjs").Cell} Cell */

const programs = join(import.meta.dirname, "consumers");
const require = createRequire(import.meta.url);

/** What a consumer's server and client are made with. */
const SDK = {
  1: (/** @type {string} */ version) => [`@modelcontextprotocol/sdk@${version}`],
  2: (/** @type {string} */ version) => [
    `@modelcontextprotocol/server@${version}`,
    `@modelcontextprotocol/client@${version}`,
  ],
};

/**
 * A server as somebody has it, without any plugin.
 * @param {Outside} outside
 * @param {string} sdk version of SDK 1
 * @returns {Promise<string>} its folder
 */
export async function plainServer(outside, sdk) {
  const folder = outside.project("plain");
  cpSync(programs, folder, { recursive: true });
  await outside.npm(["install", "--prefer-offline", ...SDK[1](sdk)], folder);
  return folder;
}

/**
 * Somebody installs one plugin in such a server, and nothing of ours besides, with npm; and uses it.
 * @param {Outside} outside
 * @param {string} server the folder of the plain server; it stays as it is
 * @param {string} noun of the package
 * @returns {Promise<string>} the folder of the server that has the plugin
 */
export async function alone(outside, server, noun) {
  const folder = join(outside.folder, `alone-${noun}`);
  cpSync(server, folder, { recursive: true, verbatimSymlinks: true });
  await outside.npm(["install", "--prefer-offline", `@plugboard/${noun}`], folder);
  const expected = [...new Set([`@plugboard/${noun}`, "@plugboard/core"])].sort();
  const ours = readdirSync(join(folder, "node_modules", "@plugboard")).map((name) => `@plugboard/${name}`);
  if (String(ours.sort()) !== String(expected))
    throw new Error(`Installing @plugboard/${noun} has installed ${ours.join(", ")}.`);
  await outside.run(process.execPath, ["sdk1.mjs", noun], folder);
  return folder;
}

/**
 * A consumer who has every plugin, in plain JavaScript and TypeScript.
 * @param {Outside} outside
 * @param {Cell} cell
 * @param {readonly string[]} nouns of the packages
 */
export async function together(outside, { line, sdk, manager, nodes, compilers }, nouns) {
  const folder = outside.project(`${manager}-sdk-${sdk}`);
  cpSync(programs, folder, { recursive: true });
  const packages = [...nouns.map((noun) => `@plugboard/${noun}`), "zod", "@types/node@20", ...SDK[line](sdk)];
  if (manager === "npm") await outside.npm(["install", "--prefer-offline", ...packages], folder);
  else await outside.pnpm(["add", "--prefer-offline", ...packages], folder);
  for (const node of nodes) {
    const program = node === "" ? process.execPath : await nodeProgram(node);
    for (const form of ["mjs", "cjs"]) await outside.run(program, [`sdk${line}.${form}`, ...nouns], folder);
  }
  for (const compiler of compilers) await check(outside, folder, line, compiler);
}

/**
 * @param {Outside} outside
 * @param {string} folder
 * @param {1 | 2} line
 * @param {import("./cells.mjs").Compiler} compiler
 */
async function check(outside, folder, line, [compiler, resolution]) {
  const config = `tsconfig.${compiler}.${resolution}.json`;
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    target: "es2022",
    module: resolution === "bundler" ? "preserve" : "nodenext",
    moduleResolution: resolution,
    types: ["node"],
  };
  writeFileSync(join(folder, config), JSON.stringify({ compilerOptions, files: [`typed${line}.ts`] }));
  const tsc = join(require.resolve(`${compiler}/package.json`), "..", "bin", "tsc");
  const { output } = await outside.tryToRun(process.execPath, [tsc, "-p", config, "--pretty", "false"], folder);
  // The SDKs' own declarations name packages that they do not bring. What is ours, or written with ours, must be right.
  const errors = output.split("\n").filter((line) => /error TS\d+/.test(line));
  const ours = errors.filter((line) => !line.includes("node_modules") || line.includes("@plugboard"));
  if (ours.length > 0) throw new Error(`With ${config} in ${folder}:\n${ours.join("\n")}`);
}
