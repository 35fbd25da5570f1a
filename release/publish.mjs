import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "../scripts/process.mjs";
import { commit, copyRepository, publicPackages } from "./copy.mjs";
import { pnpmFile } from "./outside.mjs";

/** @typedef {import("./outside.mjs").Outside} Outside */

/** A copy of the repository from which packages are published, as a maintainer does. */
export class Publisher {
  /**
   * @param {string} folder where the copy comes to be
   * @param {Outside} outside
   */
  constructor(folder, outside) {
    this.folder = folder;
    this.outside = outside;
    this.packages = publicPackages();
  }

  async prepare() {
    await copyRepository(this.folder, this.outside);
    // From the store that the repository itself was installed from: no network, and what it costs is links.
    const filters = ["plugboard", ...this.packages.map(({ manifest }) => manifest.name)].map(
      (name) => `--filter=${name}`,
    );
    const args = ["install", "--offline", "--frozen-lockfile", "--ignore-scripts", "--prod=false", ...filters];
    const { code, output } = await run(process.execPath, [pnpmFile, ...args], {
      cwd: this.folder,
      env: { CI: "true" },
    });
    if (code !== 0) throw new Error(`The copy of the repository cannot be installed:\n${output}`);
  }

  /** `changeset version`: new versions and changelogs, from the changesets that there are. */
  async version() {
    await this.#changeset("version");
    await commit(this.folder, this.outside, "Version packages");
  }

  /**
   * `changeset publish`: every package whose version the registry does not have.
   * @returns {Promise<string[]>} what was published, as `name@version`
   */
  async publish() {
    const before = await this.#tags();
    await this.#changeset("publish");
    return (await this.#tags()).filter((tag) => !before.includes(tag));
  }

  /**
   * Changes one package as a contributor does: the source, its build, a changeset.
   * @param {string} noun of the package
   * @param {string} note what the changelog will say
   */
  async change(noun, note) {
    const workspace = this.packages.find(({ folder }) => folder === `packages/${noun}`);
    if (!workspace) throw new Error(`There is no package ${noun}.`);
    const at = join(this.folder, workspace.folder);
    const index = join(at, "src", "index.ts");
    writeFileSync(index, `${readFileSync(index, "utf8")}\nexport const rehearsed: string = "second release";\n`);
    writeFileSync(
      join(this.folder, ".changeset", "rehearsal.md"),
      `---\n"${workspace.manifest.name}": patch\n---\n\n${note}\n`,
    );
    await this.#run("npm", ["run", "build"], at);
    await commit(this.folder, this.outside, note);
  }

  /** @param {string} command */
  #changeset(command) {
    return this.#run("changeset", [command], this.folder);
  }

  async #tags() {
    return (await this.outside.run("git", ["tag"], this.folder)).split("\n").filter((tag) => tag !== "");
  }

  /**
   * @param {string} file
   * @param {string[]} args
   * @param {string} cwd
   */
  #run(file, args, cwd) {
    const PATH = [join(this.folder, "node_modules", ".bin"), this.outside.env["PATH"]].join(delimiter);
    return this.outside.run(file, args, cwd, { PATH });
  }
}
