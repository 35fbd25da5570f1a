import { existsSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { binFile } from "./bin.mjs";
import { copyTemplate, nameProblem } from "./copy-template.mjs";
import { Problem } from "./problem.mjs";
import { run } from "./process.mjs";
import { install } from "./setup.mjs";
import { root, workspaces } from "./workspace.mjs";

/**
 * `pnpm new <name>`: makes a working plugin from template/, as packages/<name>.
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function main([name, ...rest]) {
  if (!name || rest.length > 0) throw new Problem("Say one name: `pnpm new greet`.");
  const taken = workspaces().map(({ folder }) => basename(folder));
  const problem = nameProblem(name, taken, join(root, "template"));
  if (problem) throw new Problem(problem);
  const folder = `packages/${name}`;
  if (existsSync(join(root, folder))) throw new Problem(`There is already a folder ${folder}: choose another name.`);

  copyTemplate(join(root, "template"), join(root, folder), name);
  const change = `.changeset/${name}-first-release.md`;
  writeFileSync(join(root, change), `---\n"@plugboard/${name}": minor\n---\n\nFirst release.\n`);
  const { code, output } = await run(process.execPath, [binFile("oxfmt"), folder], { cwd: root });
  if (code !== 0) throw new Problem(`${folder} is made but could not be formatted for the reason above.`, output);
  await install(root, ["--no-frozen-lockfile"]);
  // Its page of the API, and its row in the table of packages.
  const docs = await run(process.execPath, [join(root, "scripts", "run.mjs"), "docs"], { cwd: root });
  if (docs.code !== 0)
    throw new Problem(`${folder} is made but could not be documented for the reason above.`, docs.output);

  console.log(`Made ${folder}, a working plugin, and ${change}. Next:
  1. change ${folder}/src/index.ts, its tests in ${folder}/test and its README.md, starting from what is there;
  2. npm test -- ${name}
  3. npm run docs && npm run format && npm run check`);
  return 0;
}
