import { existsSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { binFile } from "../scripts/bin.mjs";
import { run } from "../scripts/process.mjs";
import { root } from "../scripts/workspace.mjs";

/**
 * @typedef {object} Size of a package
 * @property {string} name
 * @property {string} noun
 * @property {number} packed bytes that are downloaded
 * @property {number} code bytes of JavaScript, as it is loaded
 * @property {number} direct dependencies that it names, without peers
 * @property {number} all packages that these bring, all levels together, without ours
 */

/** Most that a package may have: kilobytes packed, and packages that come with it. A larger one needs a decision, here. */
const BUDGETS = /** @type {Record<string, { packedKb: number, all: number }>} */ ({
  core: { packedKb: 150, all: 0 },
  progress: { packedKb: 30, all: 0 },
  cache: { packedKb: 100, all: 1 },
  ratelimit: { packedKb: 100, all: 0 },
  batch: { packedKb: 60, all: 0 },
  logtail: { packedKb: 500, all: 2 },
  search: { packedKb: 450, all: 16 },
  server: { packedKb: 260, all: 150 },
});

/** Of a package that has no budget of its own. */
const DEFAULT_BUDGET = { packedKb: 50, all: 5 };

/** What a row of the table may be off by before it has to be written again: builds differ a little between machines. */
const TOLERANCE = 0.1;

const file = join(root, "docs", "sizes.md");

/**
 * @param {import("../scripts/workspace.mjs").Workspace} workspace
 * @param {string} tarball
 * @param {string} unpacked the folder of what is in it
 * @returns {Size}
 */
export function measured({ path, manifest, folder }, tarball, unpacked) {
  const scripts = readdirSync(unpacked, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
  const found = new Set();
  const direct = Object.keys(manifest.dependencies ?? {});
  for (const name of direct) collect(name, path, found);
  return {
    name: manifest.name,
    noun: basename(folder),
    packed: statSync(tarball).size,
    code: scripts.reduce((sum, name) => sum + statSync(join(unpacked, name)).size, 0),
    direct: direct.length,
    all: found.size,
  };
}

/**
 * Finds a dependency as Node does, and what it depends on in turn. Of ours, what they bring counts, and they themselves do not.
 * @param {string} name
 * @param {string} from
 * @param {Set<string>} found
 */
function collect(name, from, found) {
  let at = from;
  while (!existsSync(join(at, "node_modules", name, "package.json"))) {
    if (at === dirname(at)) return; // an optional dependency that this machine does not have
    at = dirname(at);
  }
  const path = realpathSync(join(at, "node_modules", name));
  if (found.has(path)) return;
  const { dependencies = {} } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  if (!name.startsWith("@plugboard/")) found.add(path);
  for (const dependency of Object.keys(dependencies)) collect(dependency, path, found);
}

/**
 * What is over its budget, or not as docs/sizes.md says.
 * @param {readonly Size[]} sizes
 */
export async function sizeProblems(sizes) {
  const written = existsSync(file) ? readFileSync(file, "utf8") : "";
  return sizes.flatMap((size) => [...budgetProblems(size), ...rowProblems(size, written)]);
}

/** @param {Size} size */
export function budgetProblems({ name, noun, packed, all }) {
  const budget = BUDGETS[noun] ?? DEFAULT_BUDGET;
  const problems = [];
  const packedKb = kilobytes(packed);
  if (packedKb > budget.packedKb) problems.push(`${name} has ${packedKb} kB packed: its budget is ${budget.packedKb}`);
  if (all > budget.all) problems.push(`${name} brings ${all} packages along: its budget is ${budget.all}`);
  return problems;
}

/**
 * @param {Size} size
 * @param {string} table
 */
export function rowProblems(size, table) {
  const row = table.split("\n").find((line) => line.includes(`\`${size.name}\``));
  // A package that was never released has nothing to compare with.
  if (!row) return BUDGETS[size.noun] ? [`docs/sizes.md has no row for ${size.name}: ${REMEDY}`] : [];
  const [, packed = 0, code = 0, direct, all] = row
    .split("|")
    .slice(1)
    .map((cell) => Number(cell));
  const off = (/** @type {number} */ said, /** @type {number} */ bytes) =>
    Math.abs(said - kilobytes(bytes)) > Math.max(2, said * TOLERANCE);
  const wrong = off(packed, size.packed) || off(code, size.code) || direct !== size.direct || all !== size.all;
  return wrong ? [`docs/sizes.md is not up to date for ${size.name}: ${REMEDY}`] : [];
}

const REMEDY = "run `npm run check -- packed --write`";

/** @param {readonly Size[]} sizes */
export async function writeSizes(sizes) {
  const rows = sizes.map(({ name, packed, code, direct, all }) => [
    `\`${name}\``,
    kilobytes(packed),
    kilobytes(code),
    direct,
    all,
  ]);
  const cells = [
    ["Package", "Packed, kB", "JavaScript, kB", "Dependencies", "Packages with theirs"],
    ["---", "---:", "---:", "---:", "---:"],
    ...rows,
  ];
  const text = `# Sizes

What installing a package brings, without its peers (core, zod, and the SDK that you have). Written by \`npm run check -- packed --write\`;
the check fails where a package has outgrown its budget, or this table is more than ${TOLERANCE * 100} % off.

${cells.map((row) => `| ${row.join(" | ")} |`).join("\n")}

_Packed_ is what is downloaded: code, source maps with their sources, types and documents. _JavaScript_ is the code alone, as it is loaded.
_Packages with theirs_ counts what comes from others, all levels together.
`;
  const { stdout } = await run(process.execPath, [binFile("oxfmt"), "--stdin-filepath=sizes.md"], {
    cwd: root,
    input: text,
  });
  writeFileSync(file, stdout);
}

/** @param {number} bytes */
const kilobytes = (bytes) => Math.round(bytes / 1000);
