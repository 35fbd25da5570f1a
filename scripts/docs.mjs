import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { updateApi } from "./api.mjs";
import { updatePackages } from "./docs-packages.mjs";
import { fillSection, optionsTable, toolsTable } from "./docs-tables.mjs";
import { binFile } from "./bin.mjs";
import { Problem } from "./problem.mjs";
import { run } from "./process.mjs";
import { root, workspaces } from "./workspace.mjs";

/**
 * `pnpm run docs`: writes the tables of options and tools into the README of every plugin, from its schema and its server.
 * @param {string[]} args names of plugins, none meaning all; `--check` writes nothing and fails where a table is out of date
 * @returns {Promise<number>} the exit code
 */
export async function main(args) {
  const check = args.includes("--check");
  let outdated = 0;
  for (const plugin of await plugins(args.filter((arg) => !arg.startsWith("-")))) {
    const file = join(root, plugin.folder, "README.md");
    if (!existsSync(file)) throw new Problem(`${plugin.folder} has no README.md.`);
    const before = readFileSync(file, "utf8");
    const after = await formatted(sections(before, plugin));
    if (after === before) continue;
    outdated++;
    if (!check) writeFileSync(file, after);
    console.log(`${plugin.folder}/README.md ${check ? "is not up to date: run `npm run docs`" : "written"}`);
  }
  if (await updateSchema(check)) outdated++;
  if (await updateSettings(check)) outdated++;
  outdated += await updateApi(check, formatted);
  outdated += await updatePackages(check, formatted);
  return check && outdated > 0 ? 1 : 0;
}

/**
 * The JSON Schema of the config file, which has the options of all plugins.
 * @param {boolean} check
 * @returns {Promise<boolean>} whether it was out of date
 */
async function updateSchema(check) {
  const server = join(root, "apps", "server");
  const args = [...source, join(server, "src", "main.ts"), "schema"];
  const { code, stdout, output } = await run(process.execPath, args, { cwd: server });
  if (code !== 0) throw new Problem("The schema of the config file could not be made for the reason above.", output);
  const file = join(server, "plugboard.schema.json");
  const after = await formatted(stdout, file);
  if (after === readFileSync(file, "utf8")) return false;
  if (!check) writeFileSync(file, after);
  console.log(`apps/server/plugboard.schema.json ${check ? "is not up to date: run `npm run docs`" : "written"}`);
  return true;
}

/**
 * The table of all settings of the server.
 * @param {boolean} check
 * @returns {Promise<boolean>} whether it was out of date
 */
async function updateSettings(check) {
  const module = pathToFileURL(join(root, "apps", "server", "test", "settings-table.ts")).href;
  const program = `import { settingsTable } from ${JSON.stringify(module)}; process.stdout.write(settingsTable());`;
  const { code, stdout, output } = await run(process.execPath, [...source, "--input-type=module", "-e", program], {
    cwd: join(root, "apps", "server"),
  });
  if (code !== 0)
    throw new Problem("The table of the server's settings could not be made for the reason above.", output);
  const file = join(root, "docs", "configuration.md");
  const before = readFileSync(file, "utf8");
  const filled = fillSection(before, "settings", stdout);
  if (filled === undefined)
    throw new Problem(
      "docs/configuration.md has no place for the settings: add <!-- settings:start --> and <!-- settings:end -->.",
    );
  const after = await formatted(filled);
  if (after === before) return false;
  if (!check) writeFileSync(file, after);
  console.log(`docs/configuration.md ${check ? "is not up to date: run `npm run docs`" : "written"}`);
  return true;
}

/** How Node runs our TypeScript. */
const source = ["--conditions=@plugboard/source", "--import", import.meta.resolve("tsx")];

/**
 * @typedef {object} DescribedPlugin
 * @property {string} folder
 * @property {Record<string, any>} options their JSON Schema
 * @property {readonly { name: string, title?: string, description?: string, annotations?: { readOnlyHint?: boolean } }[]} tools
 */

/**
 * What the plugins say of themselves; their sources are TypeScript, so another process reads them.
 * @param {string[]} names
 * @returns {Promise<DescribedPlugin[]>}
 */
async function plugins(names) {
  const folders = workspaces()
    .map(({ folder }) => folder)
    .filter((folder) => /^packages\/|^template$/.test(folder))
    .filter((folder) => names.length === 0 || names.includes(basename(folder)));
  const { code, stdout, output } = await run(
    process.execPath,
    [...source, join(root, "scripts", "docs-describe.ts"), ...folders],
    { cwd: root },
  );
  if (code !== 0) throw new Problem("The plugins could not be described for the reason above.", output);
  return JSON.parse(stdout);
}

/**
 * @param {string} readme
 * @param {DescribedPlugin} plugin
 */
function sections(readme, { folder, options, tools }) {
  const withOptions = fillSection(readme, "options", optionsTable(options));
  const filled = withOptions && (tools.length > 0 ? fillSection(withOptions, "tools", toolsTable(tools)) : withOptions);
  if (filled) return filled;
  const wanted = tools.length > 0 ? "options and tools" : "options";
  throw new Problem(
    `${folder}/README.md has no place for the tables of ${wanted}: add <!-- options:start --> and <!-- options:end -->${tools.length > 0 ? ", and the same for tools" : ""}.`,
  );
}

/**
 * @param {string} text
 * @param {string} [name] of the file that it is for
 */
async function formatted(text, name = "README.md") {
  const args = [binFile("oxfmt"), `--stdin-filepath=${name}`];
  const { code, stdout, output } = await run(process.execPath, args, { cwd: root, input: text });
  if (code !== 0) throw new Problem("A file could not be formatted for the reason above.", output);
  return stdout;
}
