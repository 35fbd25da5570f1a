import { join } from "node:path";
import { binFile } from "./bin.mjs";
import { repositoryProblems } from "./hygiene.mjs";
import { Problem } from "./problem.mjs";
import { run } from "./process.mjs";
import { linkProblems } from "./links.mjs";
import { newPluginProblems } from "./rehearse-new.mjs";
import { docsProblems, readmeProblems } from "./readmes.mjs";
import { totalsLine } from "./results.mjs";
import { packageProblems } from "./structure.mjs";
import { turboEnv, turboFile } from "./turbo.mjs";
import { root, workspaces } from "./workspace.mjs";

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {(flags: Flags) => Promise<string>} run resolves to what is wrong; empty where nothing is
 *
 * @typedef {object} Flags
 * @property {boolean} full `--full`: "release" tries every kind of consumer, not only some of each
 * @property {boolean} quick `--quick`: the quick steps alone, also in CI
 * @property {boolean} write `--write`: "packed" writes docs/sizes.md instead of comparing with it
 */

/** @type {readonly Step[]} */
const quick = [
  { name: "format", run: () => tool("oxfmt", "--check", ".") },
  { name: "lint", run: () => tool("oxlint") },
  { name: "types", run: () => node(turboFile, "run", "types", "--continue", "--output-logs=errors-only") },
  { name: "repository", run: async () => repositoryProblems(root).join("\n") },
  { name: "packages", run: async () => workspaces().flatMap(packageProblems).join("\n") },
  { name: "unused", run: () => tool("knip", "--no-progress", "--no-config-hints") },
  { name: "readmes", run: readmeProblems },
  { name: "pages", run: docsProblems },
  { name: "links", run: async () => linkProblems(root).join("\n") },
  { name: "docs", run: () => node(join(root, "scripts", "run.mjs"), "docs", "--check") },
];

/** @type {readonly Step[]} */
const slow = [
  { name: "packed", run: async ({ write }) => (await import("../release/packed.mjs")).packedProblems({ write }) },
  { name: "release", run: async ({ full }) => (await import("../release/rehearse.mjs")).rehearse({ full }) },
  { name: "new", run: () => newPluginProblems(quick.map(({ name }) => name).filter((name) => name !== "pages")) },
];

/**
 * `pnpm check`: all that can be known without running the code. The last line is `N passed, N failed`.
 * @param {string[]} args the steps to run, by default the quick ones, and all in CI; and flags
 * @returns {Promise<number>} the exit code
 */
export async function main(args) {
  const totals = { passed: 0, failed: 0 };
  const names = args.filter((arg) => !arg.startsWith("--"));
  const flags = {
    full: args.includes("--full"),
    quick: args.includes("--quick"),
    write: args.includes("--write"),
  };
  for (const arg of args) {
    if (arg.startsWith("--") && !(arg.slice(2) in flags))
      throw new Problem(`There is no flag "${arg}": use --full, --quick or --write.`);
  }
  for (const step of select(names, flags)) {
    const started = performance.now();
    const unfit = totals.failed > 0 && slow.includes(step);
    const wrong = unfit ? "It was not run, because a check above has failed." : await step.run(flags);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (wrong) console.log(wrong.trimEnd());
    console.log(`${wrong ? "FAILED" : "ok"} ${step.name} (${seconds} s)`);
    if (wrong) totals.failed++;
    else totals.passed++;
  }
  console.log(totalsLine(totals));
  return totals.failed > 0 ? 1 : 0;
}

/**
 * @param {string[]} names
 * @param {Flags} flags
 */
function select(names, { quick: onlyQuick }) {
  const all = [...quick, ...slow];
  for (const name of names) {
    if (!all.some((step) => step.name === name)) {
      throw new Problem(`There is no check "${name}": use ${all.map((step) => step.name).join(", ")}.`);
    }
  }
  if (names.length > 0) return all.filter((step) => names.includes(step.name));
  return process.env["CI"] && !onlyQuick ? all : quick;
}

/**
 * @param {string} name
 * @param {string[]} args
 */
function tool(name, ...args) {
  return node(binFile(name), ...args);
}

/** @param {string[]} args */
async function node(...args) {
  const { code, output } = await run(process.execPath, args, { cwd: root, env: turboEnv });
  return code === 0 ? "" : output || `it ended with exit code ${code}`;
}
