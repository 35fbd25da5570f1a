import { pathToFileURL } from "node:url";
import { isPluginFactory, type PluginFactory } from "@plugboard/core";
import type { z } from "zod";
import { builtins } from "./builtins.ts";
import type { Chosen } from "../config/choose.ts";
import type { Config } from "../config/settle.ts";
import { Failure } from "../config/failure.ts";
import { nearest } from "../config/nearest.ts";
import { isFile, ownPackage, resolveModule } from "./resolve.ts";

const MODULE_HINT = ' Call the file .mjs, or say `"type": "module"` in the package.json beside it.';

export type AnyFactory = PluginFactory<z.ZodType, object>;

/**
 * Finds and imports the module of a plugin.
 * @throws Failure when there is none, it cannot be loaded, or it does not export exactly one plugin
 */
export async function loadPlugin(
  chosen: Chosen,
  { label, folder, layers }: Pick<Config, "label" | "folder"> & Partial<Pick<Config, "layers">>,
): Promise<AnyFactory> {
  const { key, module } = chosen;
  // The name of the plugin stands in `plugin`, or is the key itself.
  const place = layers?.place(["plugins", key], "key") ?? label;
  const at = module === key ? place : (layers?.place(["plugins", key, "plugin"]) ?? place);
  const where = `${at}: the plugin \`${module}\``;
  const file = fileOf(module, folder);
  if (file === undefined) throw new Failure(`${at}: ${unknownPlugin(module, folder)}`);
  let exports: Record<string, unknown>;
  try {
    exports = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    const [why] = String((error as Error | undefined)?.message ?? error).split("\n");
    const hint = /outside a module|Unexpected token 'export'/.test(String(why)) ? MODULE_HINT : "";
    throw new Failure(`${where} cannot be loaded from ${file}: ${why}.${hint}`, 2, { cause: error });
  }
  return onlyFactory(exports, where);
}

function fileOf(module: string, folder: string): string | undefined {
  if (builtins.includes(module)) return ownPackage(`@plugboard/${module}`);
  // A short name may be one of ours that is installed later, else it is a package of that name.
  const shortName = /^[a-z][a-z0-9-]*$/.test(module);
  return (shortName ? resolveModule(`@plugboard/${module}`, folder) : undefined) ?? resolveModule(module, folder);
}

function unknownPlugin(module: string, folder: string): string {
  if (isFile(module)) return `there is no plugin file \`${module}\`; such a path is relative to ${folder}.`;
  const meant = nearest(module, builtins);
  if (meant !== undefined) return `unknown plugin \`${module}\`. Did you mean \`${meant}\`?`;
  if (module.startsWith("@"))
    return `the package \`${module}\` is not installed. Install it: \`npm install ${module}\`.`;
  return (
    `unknown plugin \`${module}\`. A key of \`plugins\` is one of ${builtins.join(", ")}, the name of an installed package, or a file (\`./my-plugin.js\`); ` +
    'under a name of your own, `"plugin"` says which of them it is.'
  );
}

function onlyFactory(exports: Record<string, unknown>, where: string): AnyFactory {
  // A CommonJS module may show its exports below `default` only.
  const { default: inner } = exports;
  const values = [
    ...Object.values(exports),
    ...(typeof inner === "object" && inner !== null ? Object.values(inner) : []),
  ];
  const factories = [...new Set(values.filter(isPluginFactory))];
  const [factory] = factories;
  if (factory && factories.length === 1) return factory;
  if (factory) {
    const names = factories.map(({ definition }) => `\`${definition.name}\``).join(", ");
    throw new Failure(
      `${where} exports ${factories.length} plugins (${names}): a module that is loaded by name exports one.`,
    );
  }
  const names = Object.keys(exports).map((name) => `\`${name}\``);
  const found = names.length === 0 ? "nothing" : names.slice(0, 10).join(", ") + (names.length > 10 ? ", …" : "");
  throw new Failure(
    `${where} exports no plugin: it exports ${found}. A plugin is what \`definePlugin\` of @plugboard/core returns.`,
  );
}
