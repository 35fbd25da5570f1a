// `pnpm bench`: every benchmark; `pnpm bench core`: the named ones. Each prints ratios against a reference of the same run.
import { existsSync, readdirSync } from "node:fs";

const folder = import.meta.dirname;
const all = readdirSync(folder).filter((name) => existsSync(`${folder}/${name}/main.ts`));
const wanted = process.argv.slice(2).filter((name) => name !== "--");
const unknown = wanted.find((name) => !all.includes(name));
if (unknown !== undefined) {
  console.error(`There is no benchmark "${unknown}". Benchmarks: ${all.join(", ")}.`);
  process.exit(2);
}
for (const name of wanted.length > 0 ? wanted : all) {
  console.log(`\n# ${name}`);
  await import(`./${name}/main.ts`);
}
