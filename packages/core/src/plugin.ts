import type { z } from "zod";
import { runLastFirst } from "./closing.ts";
import { PluginError } from "./errors.ts";
import { Instance } from "./host.ts";
import { checkClash, install } from "./install.ts";
import { fieldOf, problemOf } from "./schema.ts";
import type { InstanceOptions, McpServerLike, Plugin, PluginDefinition, PluginFactory } from "./types.ts";

const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const FACTORY = Symbol.for("dev.plugboard/factory");

/** The instances that a plugin stands for: one, or those of a composition. */
const instances = new WeakMap<object, readonly Instance[]>();

/** @throws PluginError when `plugin` was not made by a factory of this copy of core. */
function instancesOf(plugin: unknown): readonly Instance[] {
  const found = typeof plugin === "object" && plugin !== null ? instances.get(plugin) : undefined;
  if (found) return found;
  const hint = isPluginFactory(plugin)
    ? `the factory "${plugin.definition.name}" was passed instead of ${plugin.definition.name}().`
    : "something else was passed.";
  throw new PluginError("NOT_A_PLUGIN", "compose", hint);
}

/**
 * Defines a plugin and returns its factory. Options are checked when an instance is made, so a mistake shows at start.
 * @throws PluginError from the factory: BAD_OPTIONS, BAD_NAME, BAD_SETUP, BAD_TOOL, BAD_RESOURCE, SETUP_FAILED.
 */
export function definePlugin<Options extends z.ZodType, Api extends object = {}>(
  definition: PluginDefinition<Options, Api>,
): PluginFactory<Options, Api> {
  const make = (input: unknown = {}, { as = definition.name }: InstanceOptions = {}): Plugin & Api => {
    if (!NAME.test(as))
      throw new PluginError("BAD_NAME", definition.name, `"${as}" is not a name for a plugin.`, { field: "as" });
    const parsed = definition.options.safeParse(input);
    if (!parsed.success) {
      const { issues } = parsed.error;
      const field = fieldOf(issues[0]?.path ?? []);
      throw new PluginError("BAD_OPTIONS", as, `the options are wrong: ${problemOf(issues)}.`, {
        cause: parsed.error,
        ...(field !== "" && { field }),
      });
    }
    const instance = new Instance(as, definition.name);
    instance.api = setUp(instance, definition, parsed.data as z.output<Options>);
    return plugin(as, [instance], instance.api as Api);
  };
  return Object.assign(make, { definition, [FACTORY]: true }) as unknown as PluginFactory<Options, Api>;
}

/** Whether `value` is a factory made by `definePlugin`, of any copy of core: how a plugin is found in a module. */
export function isPluginFactory(value: unknown): value is PluginFactory<z.ZodType, object> {
  return typeof value === "function" && FACTORY in value;
}

function setUp<Options extends z.ZodType, Api extends object>(
  instance: Instance,
  definition: PluginDefinition<Options, Api>,
  options: z.output<Options>,
): object {
  let over = false;
  try {
    const api =
      definition.setup(
        instance.host(() => over),
        options,
      ) ?? {};
    if (typeof (api as { then?: unknown }).then === "function") {
      (api as Promise<unknown>).then(undefined, () => undefined);
      throw new PluginError("BAD_SETUP", instance.name, "setup returned a promise.");
    }
    if (Object.getPrototypeOf(api) !== Object.prototype) {
      throw new PluginError("BAD_SETUP", instance.name, "setup returned no plain object.");
    }
    const reserved = RESERVED.find((key) => key in api);
    if (reserved)
      throw new PluginError("BAD_SETUP", instance.name, `its API has a member "${reserved}", which every plugin has.`, {
        field: reserved,
      });
    return api;
  } catch (error) {
    instance.dispose().catch((failure: unknown) => instance.warn("closing after a failed setup failed too", failure));
    if (error instanceof PluginError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new PluginError("SETUP_FAILED", instance.name, `setup failed: ${message}.`, { cause: error });
  } finally {
    over = true;
  }
}

const RESERVED = ["name", "attach", "dispose", "onChanged"] as const;

function plugin<Api extends object>(name: string, members: readonly Instance[], api: Api): Plugin & Api {
  const own: Plugin = {
    name,
    attach<S extends McpServerLike>(server: S): S {
      install(server, members);
      return server;
    },
    stats: () => ({}),
    onChanged(listener) {
      const stops = members.map(({ changes }) => changes.listen(listener));
      return () => stops.forEach((stop) => stop());
    },
    dispose: () => disposeAll(name, members),
    [Symbol.asyncDispose]: () => disposeAll(name, members),
  };
  const made = Object.defineProperties(own, Object.getOwnPropertyDescriptors(api)) as Plugin & Api;
  instances.set(made, members);
  return made;
}

async function disposeAll(name: string, members: readonly Instance[]): Promise<void> {
  const failures = await runLastFirst(members.map((member) => () => member.dispose()));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) {
    throw new PluginError("DISPOSE_FAILED", name, `${failures.length} of its plugins failed to close.`, {
      cause: new AggregateError(failures),
    });
  }
}

/**
 * Joins plugins into one, which is attached, counted and disposed as one. The first is outermost: it sees a call first and
 * its result last. Falsy entries are skipped, lists are flattened, an instance that is there twice counts once.
 * @throws PluginError NOT_A_PLUGIN, DUPLICATE_PLUGIN, DUPLICATE_TOOL, DUPLICATE_RESOURCE.
 */
export function compose(plugins: readonly (Plugin | readonly Plugin[] | false | null | undefined)[]): Plugin {
  if (!Array.isArray(plugins)) throw new PluginError("NOT_A_PLUGIN", "compose", "It takes a list.");
  const parts = plugins.flat().filter((part) => part !== false && part !== null && part !== undefined);
  const members = [...new Set(parts.flatMap(instancesOf))];
  members.forEach((member, index) => checkClash(member, members.slice(0, index)));
  return plugin(members.map(({ name }) => name).join("+") || "nothing", members, {
    stats: () =>
      Object.fromEntries(
        parts.flatMap((part) => Object.entries(part.stats()).map(([key, value]) => [prefixed(part, key), value])),
      ),
  });
}

const prefixed = (part: Plugin, key: string): string => (instancesOf(part).length === 1 ? `${part.name}.${key}` : key);
