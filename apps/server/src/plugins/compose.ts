import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { compose, type Plugin, PluginError } from "@plugboard/core";
import { pathOptions } from "./builtins.ts";
import type { Chosen, Config } from "../config/settle.ts";
import { Failure } from "../config/failure.ts";
import { type AnyFactory, loadPlugin } from "./load.ts";
import type { Path } from "../config/layers.ts";
import { fieldOf, problems } from "../config/problems.ts";
import { checkToolNames, toolPolicy } from "./policy.ts";

type Needed = Pick<Config, "label" | "folder" | "plugins" | "tools" | "layers"> & Partial<Pick<Config, "http">>;

/**
 * Loads, checks and composes the plugins of a configuration, with what it says about their tools; nothing is left open when
 * it fails.
 * @throws Failure
 */
export async function composePlugins(config: Needed): Promise<Plugin> {
  const loaded: [Chosen, AnyFactory][] = [];
  for (const chosen of config.plugins) loaded.push([chosen, await loadPlugin(chosen, config)]);
  const wrong = loaded.flatMap(
    ([chosen, factory]) => optionProblems(chosen, factory, config) ?? missingPaths(chosen, factory, config),
  );
  if (wrong.length > 0) throw new Failure(wrong.join("\n"));

  const made: Plugin[] = [];
  try {
    for (const [chosen, factory] of loaded) made.push(make(chosen, factory));
    await checkToolNames(config, compose(made));
    // Outermost, and so closed last: what is hidden stays hidden to the end.
    return compose([...toolPolicy(config), ...made]);
  } catch (error) {
    for (const plugin of made.toReversed()) await plugin.dispose().catch(() => undefined);
    throw error instanceof PluginError
      ? new Failure(`${config.label}: ${reworded(error)}`, 2, { cause: error })
      : error;
  }
}

function make({ module, as, options }: Chosen, factory: AnyFactory): Plugin {
  const plugin = factory(options, as === undefined ? {} : { as });
  try {
    compose([plugin]);
  } catch (error) {
    if (!(error instanceof PluginError) || error.code !== "NOT_A_PLUGIN") throw error;
    throw new Failure(
      `The plugin \`${module}\` uses another copy of @plugboard/core than this server: install both in one place, ` +
        "`npm install @plugboard/server` beside the plugin, run `npm dedupe`, and start the server from there.",
      2,
      { cause: error },
    );
  }
  return plugin;
}

function optionProblems({ key, options }: Chosen, factory: AnyFactory, config: Needed): string | undefined {
  const place = (path: Path, part?: "key"): string => config.layers.place(path, part) ?? config.label;
  return problems(factory.definition.options, options, place, ["plugins", key]);
}

function missingPaths({ key, options }: Chosen, factory: AnyFactory, { label, folder, layers }: Needed): string[] {
  const option = pathOptions[factory.definition.name];
  if (option === undefined) return [];
  const paths = options[option] as readonly string[] | undefined;
  const field = (...more: number[]): string => {
    const path = ["plugins", key, option, ...more];
    return `${layers.place(path) ?? label}: \`${fieldOf(path)}\``;
  };
  if (paths === undefined)
    return [
      `${field()}: it is missing; name the files and folders, or give \`[]\` where other plugins bring the documents.`,
    ];
  return paths.flatMap((path, index) => {
    const file = resolve(folder, path);
    if (existsSync(file)) return [];
    return `${field(index)}: there is no file or folder ${path}${file === path ? "" : ` (that is ${file})`}.`;
  });
}

const INSTEAD: Partial<Record<PluginError["code"], string>> = {
  BAD_NAME:
    'The key of a plugin that has `"plugin"` is one word of lower-case letters, digits and hyphens that starts with a letter.',
  DUPLICATE_PLUGIN: 'Give one of them a name of its own: `"docs": {"plugin": "search", …}`.',
  DUPLICATE_TOOL:
    'Give one of the plugins a name of its own, and its tools get it too: `"docs": {"plugin": "search", …}`.',
};

/** The advice of core is for those who write code; here it is for those who write the config file. */
function reworded({ plugin, problem, fix, code }: PluginError): string {
  return `${plugin}: ${problem} ${INSTEAD[code] ?? fix}`;
}
