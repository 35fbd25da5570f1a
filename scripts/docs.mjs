import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { apiPages } from "./api.mjs";
import { packagesTable } from "./docs-packages.mjs";
import { fillSection, optionsTable, toolsTable } from "./docs-tables.mjs";
import { binFile } from "./bin.mjs";
import { Problem } from "./problem.mjs";
import { run } from "./process.mjs";
import { root, workspaces } from "./workspace.mjs";

/**
 * @typedef {object} Generated a file that is written by a program, wholly or between marks
 * @property {string} file relative to the root
 * @property {string} text not formatted yet
 */

/**
 * `pnpm run docs`: writes what the documentation has from the code: tables of options, tools, settings and packages, the JSON Schema
 * of the config file, the reference of the API.
 * @param {string[]} args names of plugins whose READMEs are meant, none meaning all; `--check` writes nothing and fails where a file is
 *   out of date
 * @returns {Promise<number>} the exit code
 */
export async function main(args) {
  const check = args.includes("--check");
  const names = args.filter((arg) => !arg.startsWith("-"));
  const files = [...(await readmes(names)), await configSchema(), await settings(), ...apiPages(), packages()];
  let outdated = 0;
  for (const { file, text } of files) {
    const path = join(root, file);
    const after = await formatted(text, file);
    if (existsSync(path) && readFileSync(path, "utf8") === after) continue;
    outdated++;
    if (!check) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, after);
    }
    console.log(`${file} ${check ? "is not up to date: run `npm run docs`" : "written"}`);
  }
  return check && outdated > 0 ? 1 : 0;
}

/**
 * The READMEs of the plugins, with the tables of their options and tools.
 * @param {string[]} names
 * @returns {Promise<Generated[]>}
 */
async function readmes(names) {
  return (await plugins(names)).map(({ folder, options, tools }) => {
    const file = `${folder}/README.md`;
    const text = filled(file, read(file), "options", optionsTable(options));
    return { file, text: tools.length > 0 ? filled(file, text, "tools", toolsTable(tools)) : text };
  });
}

/**
 * The JSON Schema of the config file, which has the options of all plugins.
 * @returns {Promise<Generated>}
 */
async function configSchema() {
  const server = join(root, "apps", "server");
  const { code, stdout, output } = await run(process.execPath, [...source, join(server, "src", "main.ts"), "schema"], {
    cwd: server,
  });
  if (code !== 0) throw new Problem("The schema of the config file could not be made for the reason above.", output);
  return { file: "apps/server/plugboard.schema.json", text: stdout };
}

/**
 * The table of all settings of the server.
 * @returns {Promise<Generated>}
 */
async function settings() {
  const server = join(root, "apps", "server");
  const module = pathToFileURL(join(server, "test", "settings-table.ts")).href;
  const program = `import { settingsTable } from ${JSON.stringify(module)}; process.stdout.write(settingsTable());`;
  const { code, stdout, output } = await run(process.execPath, [...source, "--input-type=module", "-e", program], {
    cwd: server,
  });
  if (code !== 0)
    throw new Problem("The table of the server's settings could not be made for the reason above.", output);
  const file = "docs/configuration.md";
  return { file, text: filled(file, read(file), "settings", stdout) };
}

/**
 * The table of packages.
 * @returns {Generated}
 */
function packages() {
  const file = "README.md";
  return { file, text: filled(file, read(file), "packages", packagesTable(workspaces())) };
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

/** @param {string} file relative to the root */
function read(file) {
  const path = join(root, file);
  if (!existsSync(path))
    throw new Problem(`There is no ${file}: its tables are generated, the rest is yours to write.`);
  return readFileSync(path, "utf8");
}

/**
 * @param {string} file
 * @param {string} markdown
 * @param {string} name of the section
 * @param {string} text
 */
function filled(file, markdown, name, text) {
  const page = fillSection(markdown, name, text);
  if (page !== undefined) return page;
  throw new Problem(
    `${file} has no place for what is generated: add <!-- ${name}:start --> and <!-- ${name}:end -->, and run \`npm run docs\` again.`,
  );
}

/**
 * @param {string} text
 * @param {string} file that it is for
 */
async function formatted(text, file) {
  const args = [binFile("oxfmt"), `--stdin-filepath=${basename(file)}`];
  const { code, stdout, output } = await run(process.execPath, args, { cwd: root, input: text });
  if (code !== 0) throw new Problem(`${file} could not be formatted for the reason above.`, output);
  return stdout;
}
