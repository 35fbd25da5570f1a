import { execFile, spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";

/** Whether `logrotate` is installed. */
export const hasLogrotate = spawnSync("logrotate", ["--version"]).status === 0;

/** For `describe.skipIf`: true where it is missing. Where all services have to be there, the tests run, and fail for want of it. */
export const skipsLogrotate = !hasLogrotate && process.env["PLUGBOARD_REQUIRE_SERVICES"] !== "1";

const run = promisify(execFile);

/** Rotates a log at once, as the system's timer would. */
export async function logrotate(folder: string, log: string, directives: string): Promise<void> {
  await writeFile(`${folder}/rotate.conf`, `${log} {\n  rotate 30\n  missingok\n${directives}\n}\n`, { mode: 0o600 });
  await run("logrotate", ["-s", `${folder}/rotate.state`, "-f", `${folder}/rotate.conf`]);
}
