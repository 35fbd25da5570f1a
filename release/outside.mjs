import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "../scripts/process.mjs";
import { root } from "../scripts/workspace.mjs";

/** What a program needs of this machine; all else of our environment stays here, npm's settings above all. */
const KEPT = /^(?:LANG|LC_.*|TMPDIR|SSL_CERT_(?:FILE|DIR)|NODE_EXTRA_CA_CERTS|(?:https?|no|all)_proxy)$/i;

/** The pnpm that package.json names. */
export const pnpmFile = join(root, "node_modules", "pnpm", "bin", "pnpm.cjs");

/** Somebody else's machine: an empty home, nothing in the cache, and a registry that has our packages. */
export class Outside {
  /**
   * @param {string} folder an empty one, outside the repository
   * @param {string} registry the address of the registry, ending with a slash
   */
  constructor(folder, registry) {
    this.folder = folder;
    const home = join(folder, "home");
    mkdirSync(home, { recursive: true });
    const userconfig = join(home, ".npmrc");
    // The registry takes packages from anybody; npm wants something to show all the same.
    const token = `${registry.replace(/^http:/, "")}:_authToken=anybody`;
    writeFileSync(userconfig, `registry=${registry}\n${token}\nfund=false\naudit=false\nupdate-notifier=false\n`);
    const kept = Object.fromEntries(
      Object.entries(process.env).map(([key, value]) => [key, KEPT.test(key) ? value : undefined]),
    );
    const path = (process.env["PATH"] ?? "").split(delimiter).filter((entry) => !entry.includes("node_modules"));
    /** @type {Record<string, string | undefined>} */
    this.env = {
      ...kept,
      PATH: path.join(delimiter),
      HOME: home,
      CI: "true",
      npm_config_userconfig: userconfig,
      // Changesets asks this variable, and no file, where packages go.
      npm_config_registry: registry,
      npm_config_cache: join(folder, "npm-cache"),
      npm_config_store_dir: join(folder, "pnpm-store"),
      npm_config_logs_max: "0",
      GIT_AUTHOR_NAME: "rehearsal",
      GIT_AUTHOR_EMAIL: "rehearsal@localhost",
      GIT_COMMITTER_NAME: "rehearsal",
      GIT_COMMITTER_EMAIL: "rehearsal@localhost",
      GIT_CONFIG_NOSYSTEM: "1",
    };
  }

  /**
   * A folder with a manifest and these files.
   * @param {string} name
   * @param {Record<string, string>} [files] their text by name
   */
  project(name, files = {}) {
    const path = join(this.folder, name);
    mkdirSync(path, { recursive: true });
    const manifest = { name: name.replaceAll(/[^a-z0-9]+/g, "-"), version: "1.0.0", private: true };
    writeFileSync(join(path, "package.json"), JSON.stringify(manifest, null, 2));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
    return path;
  }

  /**
   * Runs a program as somebody else would, to its end, however that comes.
   * @param {string} file
   * @param {readonly string[]} args
   * @param {string} cwd
   * @param {Record<string, string>} [env]
   */
  tryToRun(file, args, cwd, env = {}) {
    return run(file, args, { cwd, env: { ...this.env, ...env } });
  }

  /**
   * Runs a program as somebody else would, to its end.
   * @param {string} file
   * @param {readonly string[]} args
   * @param {string} cwd
   * @param {Record<string, string>} [env]
   * @returns {Promise<string>} its standard output
   * @throws where it ends with another code than 0
   */
  async run(file, args, cwd, env = {}) {
    const { code, stdout, output } = await this.tryToRun(file, args, cwd, env);
    if (code !== 0)
      throw new Error(`\`${[file, ...args].join(" ")}\` in ${cwd} ended with exit code ${code}:\n${output}`);
    return stdout;
  }

  /**
   * @param {readonly string[]} args
   * @param {string} cwd
   */
  npm(args, cwd) {
    return this.run("npm", args, cwd);
  }

  /**
   * @param {readonly string[]} args
   * @param {string} cwd
   */
  pnpm(args, cwd) {
    return this.run(process.execPath, [pnpmFile, ...args], cwd);
  }
}
