import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { pluginErrors } from "@plugboard/core";
import { expect, test } from "vitest";
import type { Factory } from "../../scripts/describe-plugin.ts";
import { sourceFiles } from "../../scripts/files.mjs";
import { run } from "../../scripts/process.mjs";
import type { Workspace } from "../../scripts/workspace.mjs";
import { publicPackages } from "../copy.mjs";
import { type JsonSchema, optionLines, pluginOptions, toolLines } from "./described.ts";
import { exportedNames } from "./exported.ts";

// What users may rely on, in files to be read: one for each package. `npm test -- release -u` writes them after a change that is
// meant; docs/versioning.md says what release it takes.
test.each(publicPackages().map((workspace) => [basename(workspace.folder), workspace] as const))(
  "the public surface of %s",
  async (noun, workspace) => {
    const sections = [
      ...exportSections(workspace),
      ["_meta keys", metaKeys(workspace)],
      ...(noun === "server" ? await serverSections(workspace) : await pluginSections(noun, workspace)),
      ...(noun === "core" ? [["Codes of PluginError", Object.keys(pluginErrors)] as const] : []),
    ] as const;
    const text = sections
      .filter(([, lines]) => lines.length > 0)
      .map(([title, lines]) => `## ${title}\n\n${lines.map((line) => `    ${line}`.trimEnd()).join("\n")}\n`)
      .join("\n");
    await expect(`# The public surface of ${workspace.manifest["name"]}\n\n${text}`).toMatchFileSnapshot(
      `surface/${noun}.txt`,
    );
  },
);

type Section = readonly [title: string, lines: readonly string[]];

type Target = string | Readonly<Record<string, string>>;

function exportSections({ path, manifest }: Workspace): Section[] {
  const targets = Object.entries(manifest["publishConfig"].exports as Record<string, Target>);
  const map = targets.map(([entry, target]) => `${entry}: ${JSON.stringify(target)}`);
  const sections: Section[] = [["Exports", map]];
  for (const [entry, target] of Object.entries(manifest["exports"] as Record<string, Target>)) {
    const source = typeof target === "object" ? target["@plugboard/source"] : undefined;
    if (source) sections.push([`Names in ${entry}`, exportedNames(join(path, source))]);
  }
  return sections;
}

function metaKeys({ path }: Workspace): string[] {
  const keys = sourceFiles(join(path, "src")).flatMap((file) =>
    [...readFileSync(join(path, "src", file), "utf8").matchAll(/"(dev\.plugboard\/\w+)"/g)].map(([, key]) =>
      String(key),
    ),
  );
  return [...new Set(keys)].sort();
}

async function pluginSections(noun: string, { path }: Workspace): Promise<Section[]> {
  const module = (await import(pathToFileURL(join(path, "src", "index.ts")).href)) as Record<string, Factory>;
  const factory = module[noun];
  if (!factory) throw new Error(`The package ${noun} does not export "${noun}".`);
  return [
    ["Options, with their defaults", pluginOptions(factory)],
    ["Tools", await toolLines(factory)],
  ];
}

async function serverSections({ path, manifest }: Workspace): Promise<Section[]> {
  const schema = JSON.parse(readFileSync(join(path, "plugboard.schema.json"), "utf8")) as JsonSchema;
  // The options of the plugins are theirs.
  const { plugins: _, ...settings } = schema.properties ?? {};
  const args = [
    "--conditions=@plugboard/source",
    "--import",
    import.meta.resolve("tsx"),
    join(path, "src", "main.ts"),
    "--help",
  ];
  const { code, stdout, output } = await run(process.execPath, args, { cwd: path });
  expect(code, output).toBe(0);
  return [
    ["Programs", Object.keys(manifest["bin"])],
    ["Settings of the config file, with their defaults", optionLines({ properties: settings })],
    ["Flags", [...new Set(stdout.match(/--[a-z][a-z-]*/g))].sort()],
    [
      "Commands",
      [...(/^Commands:\n((?: .*\n)+)/m.exec(stdout)?.[1] ?? "").matchAll(/^ {2}(\w+)/gm)].map(([, name]) =>
        String(name),
      ),
    ],
  ];
}
