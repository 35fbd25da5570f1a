import { compose, type Plugin, PluginError } from "@plugboard/core";
import type { Chosen } from "../config/choose.ts";
import { Failure } from "../config/failure.ts";
import type { Path } from "../config/layers.ts";
import { problems } from "../config/problems.ts";
import type { Config } from "../config/settle.ts";
import { type ListedTool, listTools, serverFactory } from "../serve/server.ts";
import { type AnyFactory, loadPlugin } from "./load.ts";
import { optionNotes } from "./option-notes.ts";
import { missingPaths } from "./paths.ts";
import { offering, toolPolicy } from "./policy.ts";
import { checkToolNames, scopeNotes } from "./tool-names.ts";

/** The plugins of a configuration, ready to be attached. */
export interface Composition {
  /** All of them as one, with what the configuration says about their tools. Dispose it. */
  readonly plugin: Plugin;
  /** Their names; the first is outermost. */
  readonly names: readonly string[];
  /** What a client on this machine is offered. */
  readonly tools: readonly ListedTool[];
  /** What is no mistake, and may be none that was meant. */
  readonly notes: readonly string[];
}

/**
 * Loads, checks and composes the plugins of a configuration; nothing is left open when it fails.
 * @throws Failure
 */
export async function composePlugins(config: Config): Promise<Composition> {
  const loaded: [Chosen, AnyFactory][] = [];
  for (const chosen of config.plugins) loaded.push([chosen, await loadPlugin(chosen, config)]);
  const wrong = loaded.flatMap(
    ([chosen, factory]) => optionProblems(chosen, factory, config) ?? missingPaths(chosen, config),
  );
  if (wrong.length > 0) throw new Failure(wrong.join("\n"));

  const made: Plugin[] = [];
  try {
    for (const [chosen, factory] of loaded) made.push(make(chosen, factory));
    const all = await listTools(serverFactory(config, compose(made)));
    const allNames = all.map(({ name }) => name);
    checkToolNames(config, allNames);
    const offered = offering(config.tools);
    return {
      // Outermost, and so closed last: what is hidden stays hidden to the end.
      plugin: compose([...toolPolicy(config), ...made]),
      names: made.map(({ name }) => name),
      tools: all.filter(({ name }) => offered(name)),
      notes: [...optionNotes(loaded, config, all), ...scopeNotes(config, allNames)],
    };
  } catch (error) {
    for (const plugin of made.toReversed()) await plugin.dispose().catch(() => undefined);
    if (!(error instanceof PluginError)) throw error;
    // Of two that have the same, the second is told.
    const blamed = loaded.findLast(([{ as }, { definition }]) => (as ?? definition.name) === error.plugin);
    const place = blamed && config.layers.place(["plugins", blamed[0].key], "key");
    throw new Failure(`${place ?? config.label}: ${reworded(error)}`, 2, { cause: error });
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

function optionProblems({ key, options }: Chosen, factory: AnyFactory, config: Config): string | undefined {
  const place = (path: Path, part?: "key"): string => config.layers.place(path, part) ?? config.label;
  return problems(factory.definition.options, options, place, ["plugins", key]);
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
