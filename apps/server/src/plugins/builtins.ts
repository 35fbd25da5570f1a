/** The plugins that come with this server, in the order that is right by default: the first is outermost. */
export const builtins: readonly string[] = ["core", "progress", "cache", "ratelimit", "batch", "logtail", "search"];

/** The short name of a plugin that comes with this server, however the configuration writes it; any other name as it is. */
export function shortName(module: string): string {
  const short = module.replace(/^@plugboard\//, "");
  return builtins.includes(short) ? short : module;
}

/** Those that are there unless the configuration says `false`. */
export const byDefault: readonly string[] = ["core", "progress", "cache", "ratelimit", "batch"];

/** Those whose option `store` is `redis` at the top of the configuration, where they name none. */
export const sharing: readonly string[] = ["cache", "ratelimit"];

/** Options that list files and folders which must be there at the start: plugins look at them on first use only. */
export const pathOptions: Readonly<Record<string, string>> = { search: "roots" };

/** Options that list files, folders and globs which may come later. */
export const laterOptions: Readonly<Record<string, string>> = { logtail: "paths" };
