import { byDefault, sharing, shortName } from "../plugins/builtins.ts";
import { Failure } from "./failure.ts";
import { isObject } from "./layers.ts";
import type { Settings } from "./settings.ts";

/** A plugin as configured, not loaded yet. */
export interface Chosen {
  /** Its key in `plugins`. */
  readonly key: string;
  /** A package or a file; the short name of a plugin that comes with this server. */
  readonly module: string;
  /** The name of the instance, where it has one of its own. */
  readonly as: string | undefined;
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * The plugins that run, in order: those of the configuration that are enabled, and the default ones.
 * @param redis the store of those that can share it and name none
 * @throws Failure where nothing but defaults is left
 */
export function choose(entries: Settings["plugins"], redis: string | undefined): Chosen[] {
  const chosen = Object.entries(entries).flatMap(([key, entry]): Chosen[] => {
    if (entry === false) return [];
    const { plugin, as, enabled, ...options } = entry === true ? { enabled: true } : entry;
    if (!enabled) return [];
    return [{ key, module: shortName(plugin ?? key), as: as ?? (plugin === undefined ? undefined : key), options }];
  });
  if (chosen.every(({ module }) => byDefault.includes(module))) {
    throw new Failure(
      "No plugins are chosen: name a folder to search, `plugboard --search ./docs`, logs, `plugboard --logs ./app.log`, or a config file, `plugboard plugboard.json`, " +
        'with `{"plugins": {"search": {"roots": ["./docs"]}}}`. `plugboard init` writes one.',
    );
  }
  // Each default that is not spoken of takes its usual place: behind the one before it.
  const spoken = new Set(Object.keys(entries).map(shortName));
  let place = 0;
  for (const name of byDefault) {
    const there = chosen.findIndex(({ key, module }) => shortName(key) === name || module === name);
    if (there >= 0) place = there + 1;
    else if (!spoken.has(name)) chosen.splice(place++, 0, { key: name, module: name, as: undefined, options: {} });
  }
  return redis === undefined ? chosen : chosen.map((one) => shared(one, redis));
}

/** Whether the plugin's store is that of `redis` at the top of the file, unless its options say otherwise. */
export function sharesRedis({ module }: Pick<Chosen, "module">): boolean {
  return sharing.includes(module);
}

function shared(chosen: Chosen, redis: string): Chosen {
  const { store } = chosen.options;
  if (!sharesRedis(chosen) || (store !== undefined && !isObject(store))) return chosen;
  return { ...chosen, options: { ...chosen.options, store: { redis, ...store } } };
}
