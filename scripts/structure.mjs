import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { isDeepStrictEqual } from "node:util";

const needed = ["package.json", "README.md", "src", "test"];
const allowed = new Set([...needed, "CHANGELOG.md", "bench", "node_modules", "dist", "coverage", ".test", ".turbo"]);

// A peer dependency, so that there is one chain. Not "workspace:^": below 1.0 every minor release of core would leave that
// range, which makes the next release of every plugin a major one. A plugin that needs what is new in core raises the lower bound.
const corePeer = /^workspace:>=\d+\.\d+\.\d+ <1$/;

// npm fetches the metadata of optional peers too, and of all that these need.
const peers = /^(?:@plugboard\/core|@modelcontextprotocol\/(?:sdk|server|client)|zod|ioredis)$/;

/** What every package publishes besides what it runs. */
const published = ["dist", "README.md", "CHANGELOG.md", "LICENSE"];

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
  for (const entry of published) {
    if (!manifest.files?.includes(entry)) problems.push(`package.json must publish ${entry}, in files`);
  }
  if (!manifest.description) problems.push("package.json must have a description");
  if (manifest.publishConfig?.access !== "public") problems.push(`publishConfig must have "access": "public"`);
  if (manifest.version !== "0.0.0" && !existsSync(join(path, "CHANGELOG.md"))) {
    problems.push("it has a version but no CHANGELOG.md: versions come from `npm run version-packages`");
  }
  problems.push(...exportProblems(path, manifest));
  const isPlugin = !folder.startsWith("apps/") && noun !== "core";
  if (isPlugin && !corePeer.test(manifest.peerDependencies?.["@plugboard/core"] ?? "")) {
    problems.push(`peerDependencies must have "@plugboard/core": "workspace:>=0.0.0 <1", or a higher lower bound`);
  }
  for (const peer of Object.keys(manifest.peerDependencies ?? {})) {
    if (!peers.test(peer)) problems.push(`peerDependencies must not have ${peer}: every install by npm pays for it`);
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
  const expected = {};
  for (const [entry, target] of Object.entries(exports)) {
    const { "@plugboard/source": source, ...others } = typeof target === "string" ? {} : target;
    expected[entry] = typeof target === "string" ? target : others;
    if (typeof target !== "string" && !(source && existsSync(join(path, source)))) {
      problems.push(`exports["${entry}"] must name its source file under "@plugboard/source"`);
    }
  }
  if (!isDeepStrictEqual(publishConfig.exports ?? {}, expected)) {
    problems.push(`publishConfig.exports must be exports without "@plugboard/source"`);
  }
  return problems;
}
