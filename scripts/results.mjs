/**
 * @typedef {object} Results
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} skipped the names of the tests that did not run
 * @property {string[]} problems what failed: tests by name with their first line, files that do not load, runs that crashed
 */

/**
 * Counts what one package's run has left behind. Nothing that went wrong may be counted as nothing.
 * @param {any} report what vitest's JSON reporter wrote; `undefined` where it wrote nothing
 * @param {number} exitCode of the run
 * @returns {Results}
 */
export function count(report, exitCode) {
  if (!report) return { passed: 0, failed: 1, skipped: [], problems: ["the run ended without results"] };

  /** @type {Results} */
  const results = { passed: 0, failed: 0, skipped: [], problems: [] };
  for (const file of report.testResults) {
    let failed = 0;
    for (const test of file.assertionResults) {
      if (test.status === "passed") results.passed++;
      else if (test.status === "failed") {
        failed++;
        results.problems.push(failure(test));
      } else results.skipped.push(test.fullName);
    }
    if (file.status === "failed" && failed === 0) {
      failed = 1;
      results.problems.push(`${file.name} failed outside its tests`);
    }
    results.failed += failed;
  }
  if (exitCode !== 0 && results.failed === 0) {
    results.failed = 1;
    results.problems.push(`the run ended with exit code ${exitCode} although no test failed`);
  }
  return results;
}

/** @param {{ fullName: string, failureMessages?: string[] }} test */
function failure({ fullName, failureMessages = [] }) {
  const [reason] = (failureMessages[0] ?? "").split("\n");
  return reason ? `${fullName}: ${reason}` : fullName;
}

/**
 * The last line of a run.
 * @param {{ passed: number, failed: number, skipped?: number }} totals
 */
export function totalsLine({ passed, failed, skipped = 0 }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
