import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Problem } from "./problem.mjs";
import { run } from "./process.mjs";
import { root, workspaces } from "./workspace.mjs";

/**
 * Installs the dependencies from the lock file; does nothing where that has been done. Speaks on standard error only.
 * @param {string} [at] the folder of the repository
 */
export async function setup(at = root) {
  const stamp = stampOf(at);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint(at)) return;
  const started = performance.now();
  console.error("Installing the dependencies…");
  await install(at, ["--frozen-lockfile"]);
  console.error(`Installed in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
}

/**
 * Runs `pnpm install`, with the pnpm that package.json names.
 * @param {string} at
 * @param {string[]} args
 */
export async function install(at, args) {
  rmSync(stampOf(at), { force: true });
  const { packageManager } = JSON.parse(readFileSync(join(at, "package.json"), "utf8"));
  const [file, ...first] = pnpm(at, packageManager);
  const { code, output } = await run(
    file,
    [...first, "install", "--prod=false", "--config.confirm-modules-purge=false", ...args],
    {
      cwd: at,
      env: {
        // What `npm --silent` hands down would hide the reason of a failure.
        npm_config_loglevel: "warn",
        npm_config_prefer_offline: "true",
        npm_config_update_notifier: "false",
        npm_config_fetch_retry_mintimeout: "1000",
        npm_config_fetch_retry_maxtimeout: "3000",
      },
    },
  );
  if (code !== 0) throw installProblem(output, packageManager);
  mkdirSync(join(at, "node_modules"), { recursive: true });
  writeFileSync(stampOf(at), fingerprint(at));
}

/** @param {string} at */
const stampOf = (at) => join(at, "node_modules", ".plugboard-setup");

/**
 * @param {string} at
 * @param {string} packageManager such as `pnpm@10.0.0`
 * @returns {[file: string, ...args: string[]]}
 */
function pnpm(at, packageManager) {
  const manifest = join(at, "node_modules", "pnpm", "package.json");
  if (existsSync(manifest)) {
    const { version, bin } = JSON.parse(readFileSync(manifest, "utf8"));
    if (packageManager === `pnpm@${version}`) return [process.execPath, join(manifest, "..", bin.pnpm)];
  }
  return ["npx", "--yes", packageManager];
}

/**
 * @param {string} output
 * @param {string} packageManager
 */
function installProblem(output, packageManager) {
  if (output.includes("ERR_PNPM_OUTDATED_LOCKFILE")) {
    return new Problem(
      `pnpm-lock.yaml does not match the package.json files: run \`npx ${packageManager} install\` and keep its changes.`,
    );
  }
  const network = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)\b/.exec(output);
  if (network) {
    return new Problem(
      `The dependencies could not be downloaded because the package registry cannot be reached (${network[1]}): check the network and the proxy settings, then try again.`,
    );
  }
  return new Problem("Installing the dependencies failed for the reason above.", output);
}

/**
 * Everything that an installation depends on.
 * @param {string} at
 */
function fingerprint(at) {
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", "package.json"];
  files.push(...workspaces(at).map(({ folder }) => `${folder}/package.json`));
  const hash = createHash("sha256").update(`${process.version} ${process.platform} ${process.arch}`);
  for (const file of files) hash.update(`\n${file}\n`).update(readFileSync(join(at, file)));
  return hash.digest("hex");
}
