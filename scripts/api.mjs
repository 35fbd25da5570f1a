import { basename, join, posix } from "node:path";
import { API } from "typescript/unstable/sync";
import { SyntaxKind } from "typescript/unstable/ast";
import { declarationOf } from "./api-text.mjs";
import { root, workspaces } from "./workspace.mjs";

/** @typedef {import("typescript/unstable/sync").Project} Project */
/** @typedef {import("typescript/unstable/sync").Symbol} Exported */

/** Where the pages stand, seen from the root. */
const FOLDER = "docs/api";

/**
 * The API reference, `docs/api/<package>.md`: every export of every entry of every published package, with its docstring and its declaration.
 * @returns {import("./docs.mjs").Generated[]}
 */
export function apiPages() {
  const api = new API({ cwd: root });
  try {
    const project = api.updateSnapshot({ openProjects: [join(root, "tsconfig.json")] }).getProjects()[0];
    if (!project) throw new Error("TypeScript did not open tsconfig.json.");
    return workspaces()
      .filter(({ folder }) => folder.startsWith("packages/"))
      .map((workspace) => ({ file: `${FOLDER}/${basename(workspace.folder)}.md`, text: pageOf(project, workspace) }));
  } finally {
    api.close();
  }
}

/**
 * @param {Project} project
 * @param {import("./workspace.mjs").Workspace} workspace
 */
function pageOf(project, { folder, manifest }) {
  const readme = posix.relative(FOLDER, folder);
  const head = `# ${manifest.name}: API\n\nGenerated from the docstrings in [its sources](${readme}/src) by \`npm run docs\`. What the package is for, its options and tools: [README](${readme}/README.md).\n`;
  const entries = Object.entries(manifest["exports"]).flatMap(([entry, target]) => {
    const source = target["@plugboard/source"];
    if (!source) return [];
    const sections = exportsOf(project, posix.join(folder, source)).map((symbol) => sectionOf(project, folder, symbol));
    // A thread's program, for instance, has none.
    if (sections.length === 0) return [];
    return [`## ${posix.join(manifest.name, entry)}\n`, ...sections];
  });
  return [head, ...entries].join("\n");
}

/**
 * What a module exports, values before types, each in the order of their names.
 * @param {Project} project
 * @param {string} file
 * @returns {Exported[]}
 */
function exportsOf({ program, checker }, file) {
  const source = program.getSourceFile(join(root, file));
  const symbol = source && checker.getSymbolAtLocation(source);
  if (!symbol) return [];
  const isType = (/** @type {Exported} */ item) => (target(checker, item).valueDeclaration ? 0 : 1);
  return checker.getExportsOfModule(symbol).toSorted((a, b) => isType(a) - isType(b) || (a.name < b.name ? -1 : 1));
}

const ALIAS = 1 << 21;

/**
 * @param {Project["checker"]} checker
 * @param {Exported} symbol
 */
const target = (checker, symbol) => (symbol.flags & ALIAS ? checker.getAliasedSymbol(symbol) : symbol);

/**
 * @param {Project} project
 * @param {string} folder
 * @param {Exported} exported
 */
function sectionOf(project, folder, exported) {
  const symbol = target(project.checker, exported);
  // Other packages add members to an interface.
  const nodes = symbol.declarations
    .flatMap((handle) => handle.resolve(project) ?? [])
    .filter((node) => node.getSourceFile().fileName.startsWith(join(root, folder)));
  const declarations = nodes.map((node) => declarationOf(node, symbol.name, () => typeOf(project, folder, symbol)));
  const written = project.checker.getDocumentationCommentOfSymbol(symbol).trim();
  const isOptions = symbol.name === `${basename(folder)}Options`;
  const doc = written || (isOptions ? "The schema of the plugin's options, which the README lists." : "");
  const tags = project.checker
    .getJsDocTagsOfSymbol(symbol)
    .map(({ name, text }) => tagLine(name, Array.isArray(text) ? text.map((part) => part.text).join("") : text));
  const shown = nodes.some((node) => node.kind === SyntaxKind.FunctionDeclaration)
    ? declarations
    : declarations.slice(0, 1);
  return [`### ${exported.name}\n`, doc && `${doc}\n`, ...tags, "```ts", ...shown, "```\n"].filter(Boolean).join("\n");
}

/**
 * @param {string} name
 * @param {string | undefined} text
 */
function tagLine(name, text = "") {
  if (name === "throws") return `Throws: ${text.trim()}\n`;
  const parameter = /^(\w+)\s+-?\s*([^]*)$/.exec(text.trim());
  return name === "param" && parameter ? `\`${parameter[1]}\`: ${parameter[2]}\n` : `_${name}_ ${text.trim()}\n`;
}

const NO_TRUNCATION = 1;

/**
 * The type of what does not say it, such as a plugin's factory; the schema of its options goes by its name.
 * @param {Project} project
 * @param {string} folder
 * @param {Exported} symbol
 */
function typeOf({ checker }, folder, symbol) {
  const type = checker.getTypeOfSymbol(symbol);
  if (!type) return "unknown";
  const text = checker.typeToString(type, undefined, NO_TRUNCATION);
  return text.startsWith("ZodObject<")
    ? "z.ZodObject"
    : text.replace(/ZodObject<[^]*\$strict>/, `typeof ${basename(folder)}Options`);
}
