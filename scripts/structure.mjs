import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";

const needed = ["package.json", "README.md", "src", "test"];
const allowed = new Set([...needed, "CHANGELOG.md", "bench", "node_modules", "dist", "coverage", ".test", ".turbo"]);

// A peer dependency, so that there is one chain. Not "workspace:^": below 1.0 every minor release of core would leave that
// range, which makes the next release of every plugin a major one.
const corePeer = "workspace:>=0.0.0 <1";

/**
 * What is wrong with the shape of a package; the packages that only serve this repository may have any.
 * @param {import("./workspace.mjs").Workspace} workspace
 * @returns {string[]}
 */
export function packageProblems({ folder, path, manifest }) {
  const noun = basename(folder);
  const problems = [];
  if (manifest.name !== `@plugboard/${noun}`) problems.push(`its name must be @plugboard/${noun}`);
  if (!/^(packages|apps)\/|^template$/.test(folder)) return problems.map((problem) => `${folder}: ${problem}`);

  for (const entry of needed) if (!existsSync(join(path, entry))) problems.push(`it has no ${entry}`);
  for (const entry of readdirSync(path)) {
    if (!allowed.has(entry) && !manifest.files?.includes(entry))
      problems.push(`${entry} does not belong here: tools are configured at the root`);
  }
  for (const task of ["build", "types", "test"]) {
    if (!manifest.scripts?.[task]) problems.push(`package.json has no script "${task}"`);
  }
  if (manifest.type !== "module") problems.push(`package.json must say "type": "module"`);
  if (manifest.license !== "MIT") problems.push(`package.json must say "license": "MIT"`);
  if (!manifest.engines?.node) problems.push("package.json must say which Node it needs, in engines");
  if (!manifest.files?.includes("dist")) problems.push("package.json must publish dist, in files");
  problems.push(...exportProblems(path, manifest));
  const isPlugin = !folder.startsWith("apps/") && noun !== "core";
  if (isPlugin && manifest.peerDependencies?.["@plugboard/core"] !== corePeer) {
    problems.push(`peerDependencies must have "@plugboard/core": "${corePeer}"`);
  }
  return problems.map((problem) => `${folder}: ${problem}`);
}

/**
 * What is published is what is developed, without the way to the sources.
 * @param {string} path
 * @param {Record<string, any>} manifest
 */
function exportProblems(path, { exports = {}, publishConfig = {} }) {
  const problems = [];
  /** @type {Record<string, unknown>} */
  const published = {};
  for (const [entry, target] of Object.entries(exports)) {
    const { "@plugboard/source": source, ...others } = typeof target === "string" ? {} : target;
    published[entry] = typeof target === "string" ? target : others;
    if (typeof target !== "string" && !(source && existsSync(join(path, source)))) {
      problems.push(`exports["${entry}"] must name its source file under "@plugboard/source"`);
    }
  }
  if (!isDeepStrictEqual(publishConfig.exports ?? {}, published)) {
    problems.push(`publishConfig.exports must be exports without "@plugboard/source"`);
  }
  return problems;
}
