import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { run } from "./process.mjs";
import { root, workspaces } from "./workspace.mjs";

/** Where the code of the root's README runs: the workspace that has every package. */
const EXAMPLES = "examples";

/**
 * The TypeScript of a README as one program, its blocks in order; empty where there is none.
 * @param {string} markdown
 */
export function codeOf(markdown) {
  return [...markdown.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code).join("\n");
}

/**
 * What is wrong with the code in the READMEs: all of it is type-checked and run, standard input closed.
 * @returns {Promise<string>}
 */
export async function readmeProblems() {
  const programs = [];
  for (const { folder, path, manifest } of [...workspaces(), { folder: "", path: root, manifest: {} }]) {
    if (folder !== "" && manifest.private) continue;
    const code = codeOf(readFileSync(join(path, "README.md"), "utf8"));
    if (code === "") continue;
    const at = folder === "" ? join(root, EXAMPLES) : path;
    const file = join(at, ".test", "readme.ts");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${code}\nexport {};\n`);
    programs.push({ readme: join(folder, "README.md"), at, file });
  }
  const problems = [await typeProblems(programs.map(({ file }) => file))];
  const state = mkdtempSync(join(tmpdir(), "plugboard-state-"));
  try {
    for (const { readme, at, file } of programs) {
      const tsx = createRequire(join(root, "packages", "core", "package.json")).resolve("tsx");
      const args = ["--conditions=@plugboard/source", "--import", tsx, file];
      const { code, output } = await run(process.execPath, args, { cwd: at, env: { PLUGBOARD_STATE_DIR: state } });
      if (code !== 0) problems.push(`The code in ${readme} fails:\n${output.trimEnd()}`);
    }
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
  return problems.filter((problem) => problem !== "").join("\n");
}

/** @param {string[]} files */
async function typeProblems(files) {
  const folder = join(root, "node_modules", ".cache", "plugboard");
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "tsconfig.readmes.json");
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false };
  const include = files.map((file) => relative(folder, file));
  writeFileSync(
    config,
    JSON.stringify({ extends: relative(folder, join(root, "tsconfig.json")), compilerOptions, include }),
  );
  const tsc = createRequire(import.meta.url)
    .resolve("typescript/package.json")
    .replace(/package\.json$/, "bin/tsc");
  const { code, output } = await run(process.execPath, [tsc, "-p", config]);
  return code === 0 ? "" : `The code in the READMEs does not fit the types:\n${output.trimEnd()}`;
}
