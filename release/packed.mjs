import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binFile } from "../scripts/bin.mjs";
import { inTurn } from "../scripts/in-turn.mjs";
import { run } from "../scripts/process.mjs";
import { turboEnv, turboFile } from "../scripts/turbo.mjs";
import { root } from "../scripts/workspace.mjs";
import { publicPackages } from "./copy.mjs";
import { pnpmFile } from "./outside.mjs";
import { measured, sizeProblems, writeSizes } from "./sizes.mjs";
import { tarballProblems, unpack } from "./tarballs.mjs";

/** Packages at a time. */
const AT_ONCE = 2;

/** Builds what has changed. */
export async function build() {
  const args = ["run", "build", "--filter=./packages/*", "--filter=./apps/*", "--output-logs=errors-only"];
  const { code, output } = await run(process.execPath, [turboFile, ...args], { cwd: root, env: turboEnv });
  if (code !== 0) throw new Error(`The packages could not be built:\n${output}`);
}

/**
 * Packs every package as it would be published, and looks at it with the eyes of Node, TypeScript and bundlers.
 * @param {{ write?: boolean }} [options] `write` writes docs/sizes.md instead of comparing with it
 * @returns {Promise<string>} what is wrong; empty where nothing is
 */
export async function packedProblems({ write = false } = {}) {
  await build();
  const folder = mkdtempSync(join(tmpdir(), "plugboard-packed-"));
  try {
    /** @type {string[]} */
    const problems = [];
    /** @type {import("./sizes.mjs").Size[]} */
    const sizes = [];
    await inTurn(publicPackages(), AT_ONCE, async (item) => {
      const { folder: name, manifest } = item;
      const tarball = await pack(item.path, folder);
      const unpacked = await unpack(tarball, tarball.replace(/\.tgz$/, ""));
      const seed = manifest.version === "0.0.0";
      const found = tarballProblems(unpacked, { registries: ["registry.npmjs.org"], seed });
      found.push(...(await judged("publint", "run", "--strict", tarball)));
      const options = ["--profile", "esm-only", "--no-emoji", "--no-color"];
      found.push(...(await judged("@arethetypeswrong/cli", ...options, tarball)));
      problems.push(...found.map((problem) => `${name}: ${problem}`));
      sizes.push(measured(item, tarball, unpacked));
    });
    sizes.sort((a, b) => (a.name < b.name ? -1 : 1));
    if (write) await writeSizes(sizes);
    return [...problems, ...(await sizeProblems(sizes))].join("\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} path of a package
 * @param {string} to
 * @returns {Promise<string>} the file
 */
async function pack(path, to) {
  const { code, stdout, output } = await run(process.execPath, [pnpmFile, "pack", "--json", "--pack-destination", to], {
    cwd: path,
  });
  if (code !== 0) throw new Error(`${path} cannot be packed:\n${output}`);
  return JSON.parse(stdout.slice(stdout.indexOf("{"))).filename;
}

/**
 * @param {string} tool the package of a program that looks at tarballs
 * @param {string[]} args
 * @returns {Promise<string[]>} what it says where it is not content
 */
async function judged(tool, ...args) {
  const { code, output } = await run(process.execPath, [binFile(tool), ...args], { cwd: root });
  return code === 0 ? [] : [`${tool} says:\n${output.trimEnd()}`];
}
