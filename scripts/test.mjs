import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "./problem.mjs";
import { run } from "./process.mjs";
import { count, totalsLine } from "./results.mjs";
import { selectTests } from "./select.mjs";
import { turboEnv, turboFile } from "./turbo.mjs";
import { root, workspaces } from "./workspace.mjs";

/**
 * `npm test`: runs the tests of every package, or of those that the first arguments name; the other arguments are vitest's.
 * The last line is `N passed, N failed`.
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function main(args) {
  const packages = workspaces();
  const { selected, vitest } = selectTests(args, packages, root);
  // Only what this run writes, or restores from its cache, may be counted.
  for (const { path } of packages) rmSync(join(path, ".test"), { recursive: true, force: true });

  const totals = { passed: 0, failed: 0, skipped: 0 };
  for (const task of await runTests(selected, vitest)) {
    const { passed, failed, skipped, problems } = resultsOf(task);
    totals.passed += passed;
    totals.failed += failed;
    totals.skipped += skipped.length;
    if (task.task === "test" || failed > 0) {
      const time = `${((task.execution.endTime - task.execution.startTime) / 1000).toFixed(1)} s`;
      console.log(
        `${failed > 0 ? "FAILED" : "ok"} ${task.directory}${task.task === "test" ? "" : ` ${task.task}`}: ${passed} passed (${task.cache.status === "HIT" ? "cached" : time})`,
      );
    }
    // With arguments for vitest, skipping is what was asked for.
    if (vitest.length === 0) for (const name of skipped) console.log(`  skipped: ${name}`);
    for (const problem of problems) console.log(`  failed: ${problem}`);
  }
  console.log(totalsLine(totals));
  return totals.failed > 0 ? 1 : 0;
}

/**
 * @typedef {object} Task what turbo says of one task of a run
 * @property {string} task
 * @property {string} directory
 * @property {{ status: string }} cache
 * @property {{ startTime: number, endTime: number, exitCode: number }} execution
 */

/**
 * @param {readonly string[]} selected the names of packages; none means all
 * @param {readonly string[]} vitest
 * @returns {Promise<Task[]>} the tasks, also those that only prepare the tests
 */
async function runTests(selected, vitest) {
  const summaries = join(root, ".turbo", "runs");
  rmSync(summaries, { recursive: true, force: true });
  const args = ["run", "test", "--continue", "--summarize", "--output-logs=errors-only"];
  args.push(...selected.map((name) => `--filter=${name}`));
  if (vitest.length > 0) args.push("--", ...vitest, "--passWithNoTests");
  const { output } = await run(process.execPath, [turboFile, ...args], {
    cwd: root,
    env: turboEnv,
    show: process.stdout,
  });

  const [file] = list(summaries);
  if (!file) throw new Problem("The tests could not be started for the reason above.", output);
  const { tasks } = JSON.parse(readFileSync(join(summaries, file), "utf8"));
  return tasks.filter((/** @type {Task} */ task) => task.execution);
}

/** @param {Task} task */
function resultsOf({ task, directory, execution }) {
  if (task === "test") return count(read(join(root, directory, ".test", "results.json")), execution.exitCode);
  const failed = execution.exitCode === 0 ? 0 : 1;
  return { passed: 0, failed, skipped: [], problems: [] };
}

/** @param {string} file */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {string} folder */
function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
