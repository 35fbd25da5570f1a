import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { inTurn } from "../scripts/in-turn.mjs";
import { root } from "../scripts/workspace.mjs";
import { cells, nameOf } from "./cells.mjs";
import { alone, plainServer, together } from "./consumer.mjs";
import { publicPackages } from "./copy.mjs";
import { firstAnswer } from "./npx.mjs";
import { Outside } from "./outside.mjs";
import { build } from "./packed.mjs";
import { Publisher } from "./publish.mjs";
import { startRegistry } from "./registry.mjs";
import { tarballProblems, unpack } from "./tarballs.mjs";

/** Consumers at a time. */
const AT_ONCE = 2;
/** The plugin of which a second release is published. */
const CHANGED = "progress";

/**
 * Publishes every package to a registry on this machine, and installs and uses them from outside the repository.
 * @param {{ full?: boolean, say?: (line: string) => void }} [options] `full` tries every combination of SDK, package manager, Node
 *   and compiler; without it each of them once
 * @returns {Promise<string>} what is wrong; empty where nothing is
 */
export async function rehearse({ full = false, say = console.log } = {}) {
  await build();
  const before = fingerprint();
  const base = realpathSync(mkdtempSync(join(tmpdir(), "plugboard-release-")));
  const registry = await startRegistry(join(base, "registry"));
  try {
    await new Rehearsal(base, registry.url, full, say).run();
  } catch (error) {
    const { message, cause } = /** @type {Error} */ (error);
    return [message, cause].filter(Boolean).join("\n");
  } finally {
    await registry.close();
    rmSync(base, { recursive: true, force: true });
  }
  return fingerprint() === before ? "" : "The rehearsal has changed the repository itself.";
}

class Rehearsal {
  /**
   * @param {string} base
   * @param {string} registry
   * @param {boolean} full
   * @param {(line: string) => void} say
   */
  constructor(base, registry, full, say) {
    this.base = base;
    this.registry = registry;
    this.full = full;
    this.say = say;
    this.outside = new Outside(join(base, "outside"), registry);
    this.publisher = new Publisher(join(base, "copy"), this.outside);
    this.nouns = publicPackages()
      .filter(({ folder }) => folder.startsWith("packages/"))
      .map(({ folder }) => basename(folder));
  }

  async run() {
    const newest = { 1: installed("@modelcontextprotocol/sdk"), 2: installed("@modelcontextprotocol/server") };
    await this.#timed("a copy of the repository", () => this.publisher.prepare());
    await this.#timed("changeset version", () => this.publisher.version());
    const first = await this.#timed("changeset publish", () => this.publisher.publish());
    await this.#timed("what the tarballs hold", () => this.#tarballs(first));
    const server = await this.#timed("a plain server", () => plainServer(this.outside, newest[1]));
    await inTurn(this.nouns, AT_ONCE, (noun) =>
      this.#timed(`@plugboard/${noun} alone`, () => alone(this.outside, server, noun)),
    );
    await inTurn(cells(this.full, newest), AT_ONCE, (cell) =>
      this.#timed(nameOf(cell), () => together(this.outside, cell, this.nouns)),
    );
    const times = await firstAnswer(this.outside, this.full);
    const seconds = times.map((ms) => (ms / 1000).toFixed(1)).join(", then ");
    this.say(
      `  ${seconds} s  npx @plugboard/server --search ./docs to its first answer, npm's cache empty, the registry's warm`,
    );
    await this.#timed("a second release, and npm update", () => this.#secondRelease(first));
  }

  /**
   * Everything that was published has a changelog, points at what it has, and names neither this machine nor a registry.
   * @param {readonly string[]} published
   */
  async #tarballs(published) {
    const names = publicPackages().map(({ manifest }) => manifest.name);
    const missing = names.filter((name) => !published.some((tag) => tag.startsWith(`${name}@`)));
    if (missing.length > 0) throw new Error(`Not published: ${missing.join(", ")}.`);
    const registries = [new URL(this.registry).host, "registry.npmjs.org"];
    const problems = [];
    for (const tag of published) {
      const { dist } = await this.#metadata(tag);
      const tarball = join(this.base, "tarballs", `${tag.replaceAll("/", "-")}.tgz`);
      mkdirSync(join(this.base, "tarballs"), { recursive: true });
      writeFileSync(tarball, Buffer.from(await (await fetch(dist.tarball)).arrayBuffer()));
      const folder = await unpack(tarball, tarball.replace(/\.tgz$/, ""));
      problems.push(...tarballProblems(folder, { registries }).map((problem) => `${tag}: ${problem}`));
    }
    if (problems.length > 0) throw new Error(problems.join("\n"));
  }

  /**
   * @param {string} tag `name@version`
   * @returns {Promise<{ dist: { tarball: string } }>}
   */
  async #metadata(tag) {
    const [, name = "", version = ""] = /^(.+)@(.+)$/.exec(tag) ?? [];
    const response = await fetch(`${this.registry}${name.replace("/", "%2f")}/${version}`);
    if (!response.ok) throw new Error(`The registry does not have ${tag}: ${response.status}`);
    return /** @type {Promise<{ dist: { tarball: string } }>} */ (response.json());
  }

  /**
   * One package changes; it alone is published, and a consumer who has it gets it with `npm update`.
   * @param {readonly string[]} first what was published before
   */
  async #secondRelease(first) {
    const name = `@plugboard/${CHANGED}`;
    const next = first
      .find((tag) => tag.startsWith(`${name}@`))
      ?.slice(name.length + 1)
      .replace(/\d+$/, (patch) => String(Number(patch) + 1));
    const note = "Says that it was rehearsed.";
    await this.publisher.change(CHANGED, note);
    await this.publisher.version();
    const published = await this.publisher.publish();
    if (String(published) !== `${name}@${next}`)
      throw new Error(`Published by the second release: ${published.join(", ")}`);
    const consumer = join(this.outside.folder, `alone-${CHANGED}`);
    await this.outside.npm(["update"], consumer);
    const installedAt = join(consumer, "node_modules", "@plugboard", CHANGED);
    const { version } = JSON.parse(readFileSync(join(installedAt, "package.json"), "utf8"));
    const changelog = readFileSync(join(installedAt, "CHANGELOG.md"), "utf8");
    if (version !== next || !changelog.includes(note)) throw new Error(`npm update has left ${CHANGED} at ${version}.`);
    const program = `import { rehearsed } from "@plugboard/${CHANGED}"; console.log(rehearsed);`;
    const said = await this.outside.run(process.execPath, ["--input-type=module", "--eval", program], consumer);
    if (said.trim() !== "second release") throw new Error(`The updated package says ${said}`);
  }

  /**
   * @template T
   * @param {string} what
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #timed(what, work) {
    const started = performance.now();
    const result = await work();
    this.say(`  ${((performance.now() - started) / 1000).toFixed(1)} s  ${what}`);
    return result;
  }
}

/**
 * The version of a package that the repository has.
 * @param {string} name
 * @returns {string}
 */
function installed(name) {
  return JSON.parse(readFileSync(join(import.meta.dirname, "node_modules", name, "package.json"), "utf8")).version;
}

/** What a release changes, in the repository itself. */
function fingerprint() {
  const files = ["pnpm-lock.yaml"].concat(
    publicPackages().flatMap(({ folder }) => ["package.json", "CHANGELOG.md"].map((name) => `${folder}/${name}`)),
  );
  const hash = createHash("sha256");
  for (const file of files)
    hash.update(`${file}\n`).update(existsSync(join(root, file)) ? readFileSync(join(root, file)) : "-");
  return hash.digest("hex");
}
