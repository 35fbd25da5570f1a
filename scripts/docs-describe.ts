// Prints, as JSON, what the plugins in the given folders say of themselves.
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Factory, optionsSchema, toolsOf } from "./describe-plugin.ts";

async function describe(folder: string): Promise<object> {
  const module = (await import(pathToFileURL(resolve(folder, "src/index.ts")).href)) as Record<string, Factory>;
  const name = basename(folder);
  const factory = module[name];
  if (!factory?.definition) throw new Error(`${folder}/src/index.ts does not export the plugin "${name}".`);
  return { folder, options: optionsSchema(factory), tools: await toolsOf(factory) };
}

const described = [];
for (const folder of process.argv.slice(2)) described.push(await describe(folder));
process.stdout.write(JSON.stringify(described));
