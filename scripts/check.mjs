import { join } from "node:path";
import { repositoryProblems } from "./hygiene.mjs";
import { Problem } from "./problem.mjs";
import { run } from "./process.mjs";
import { newPluginProblems } from "./rehearse-new.mjs";
import { readmeProblems } from "./readmes.mjs";
import { totalsLine } from "./results.mjs";
import { packageProblems } from "./structure.mjs";
import { turboEnv, turboFile } from "./turbo.mjs";
import { root, workspaces } from "./workspace.mjs";

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {() => Promise<string>} run resolves to what is wrong; empty where nothing is
 */

/** @type {readonly Step[]} */
const quick = [
  { name: "format", run: () => tool("oxfmt", "--check", ".") },
  { name: "lint", run: () => tool("oxlint") },
  { name: "types", run: () => node(turboFile, "run", "types", "--continue", "--output-logs=errors-only") },
  { name: "repository", run: async () => repositoryProblems(root).join("\n") },
  { name: "packages", run: async () => workspaces().flatMap(packageProblems).join("\n") },
  { name: "readmes", run: readmeProblems },
  { name: "docs", run: () => node(join(root, "scripts", "run.mjs"), "docs", "--check") },
];

/** @type {readonly Step[]} */
const slow = [{ name: "new", run: () => newPluginProblems(quick.map(({ name }) => name)) }];

/**
 * `pnpm check`: all that can be known without running the code. The last line is `N passed, N failed`.
 * @param {string[]} args the steps to run; by default the quick ones, and all in CI
 * @returns {Promise<number>} the exit code
 */
export async function main(args) {
  const totals = { passed: 0, failed: 0 };
  for (const step of select(args)) {
    const started = performance.now();
    const unfit = totals.failed > 0 && slow.includes(step);
    const wrong = unfit ? "It was not run, because a check above has failed." : await step.run();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (wrong) console.log(wrong.trimEnd());
    console.log(`${wrong ? "FAILED" : "ok"} ${step.name} (${seconds} s)`);
    if (wrong) totals.failed++;
    else totals.passed++;
  }
  console.log(totalsLine(totals));
  return totals.failed > 0 ? 1 : 0;
}

/** @param {string[]} names */
function select(names) {
  const all = [...quick, ...slow];
  for (const name of names) {
    if (!all.some((step) => step.name === name)) {
      throw new Problem(`There is no check "${name}": use ${all.map((step) => step.name).join(", ")}.`);
    }
  }
  if (names.length > 0) return all.filter((step) => names.includes(step.name));
  return process.env["CI"] ? all : quick;
}

/**
 * @param {string} name
 * @param {string[]} args
 */
function tool(name, ...args) {
  return outputOfFailure(join(root, "node_modules", ".bin", name), args);
}

/** @param {string[]} args */
function node(...args) {
  return outputOfFailure(process.execPath, args);
}

/**
 * @param {string} file
 * @param {string[]} args
 */
async function outputOfFailure(file, args) {
  const { code, output } = await run(file, args, { cwd: root, env: turboEnv });
  return code === 0 ? "" : output || `it ended with exit code ${code}`;
}
