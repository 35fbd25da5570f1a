import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { run } from "../scripts/process.mjs";
import { root } from "../scripts/workspace.mjs";

/** What a package has besides the files that its package.json points at. */
const DOCUMENTS = ["package.json", "README.md", "LICENSE", "CHANGELOG.md"];

const RANGES = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"];

/** `from "./x.js"`, `import("./x.js")`, `import "./x.js"`, `new URL("./x.js", import.meta.url)`: what a module reaches. */
const REACHED = /(?:\bfrom\s*|\bimport\s*\(?\s*|\bnew URL\(\s*)["'](\.{1,2}\/[^"']+)["']/g;

/**
 * Unpacks a tarball.
 * @param {string} tarball
 * @param {string} to a folder that does not exist yet
 * @returns {Promise<string>} the folder of the package
 */
export async function unpack(tarball, to) {
  mkdirSync(to, { recursive: true });
  const { code, output } = await run("tar", ["-xzf", tarball, "-C", to]);
  if (code !== 0) throw new Error(`${tarball} cannot be unpacked:\n${output}`);
  return join(to, "package");
}

/**
 * What is wrong with a package as it is published.
 * @param {string} folder of the unpacked package
 * @param {{ registries?: readonly string[], seed?: boolean }} [options] addresses that it must not name; whether it has not
 *   been given a version yet, and so no changelog
 * @returns {string[]}
 */
export function tarballProblems(folder, { registries = [], seed = false } = {}) {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = filesOf(folder);
  const problems = DOCUMENTS.filter((name) => !files.includes(name) && !(seed && name === "CHANGELOG.md")).map(
    (name) => `it has no ${name}`,
  );
  problems.push(...rangeProblems(manifest));

  const targets = targetsOf(manifest);
  for (const target of targets) {
    if (/^(?:\.\/)?src\//.test(target)) problems.push(`package.json points at a source file, ${target}`);
    else if (!existsSync(join(folder, target))) problems.push(`package.json points at ${target}, which is not there`);
  }
  if (JSON.stringify(manifest.exports ?? {}).includes("@plugboard/source")) {
    problems.push(`its exports have the condition "@plugboard/source"`);
  }

  const needed = new Set([...DOCUMENTS, ...reachable(folder, targets)]);
  for (const file of files) {
    if (needed.has(file)) continue;
    problems.push(`${file} is not needed: nothing in the package reaches it`);
  }

  for (const file of files) {
    const text = readFileSync(join(folder, file), "utf8");
    if (text.includes(root)) problems.push(`${file} names the folder ${root}`);
    for (const address of registries)
      if (text.includes(address)) problems.push(`${file} names the registry ${address}`);
  }
  return problems;
}

/** @param {Record<string, any>} manifest */
function rangeProblems(manifest) {
  return RANGES.flatMap((kind) =>
    Object.entries(manifest[kind] ?? {})
      .filter(([, range]) => /^(?:workspace|catalog|file|link|git|https?|portal):/.test(range))
      .map(([name, range]) => `${kind} has "${name}": "${range}", which means nothing outside the repository`),
  );
}

/**
 * The files that a package.json points at, relative to it, without `./`.
 * @param {Record<string, any>} manifest
 */
function targetsOf({ exports = {}, bin = {}, main, types }) {
  /** @type {string[]} */
  const targets = [];
  const walk = (/** @type {unknown} */ value) => {
    if (typeof value === "string") targets.push(value.replace(/^\.\//, ""));
    else if (value && typeof value === "object") Object.values(value).forEach(walk);
  };
  [exports, bin, main, types].forEach(walk);
  return [...new Set(targets)];
}

/**
 * All that can be reached from some files: what modules and declarations import, and the source maps beside them.
 * @param {string} folder
 * @param {readonly string[]} from
 */
function reachable(folder, from) {
  const reached = new Set();
  const visit = (/** @type {string} */ file) => {
    if (reached.has(file) || !existsSync(join(folder, file))) return;
    reached.add(file);
    if (!/\.(?:js|d\.ts)$/.test(file)) return;
    visit(`${file}.map`);
    for (const [, path = ""] of readFileSync(join(folder, file), "utf8").matchAll(REACHED)) {
      const target = join(dirname(file), path);
      // A declaration names the module; what is there is its declaration.
      visit(file.endsWith(".d.ts") ? target.replace(/(?:\.d)?\.[jt]s$/, ".d.ts") : target);
    }
  };
  from.forEach(visit);
  return reached;
}

/**
 * @param {string} folder
 * @returns {string[]} relative to it, with `/`
 */
function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
}
