import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Whether `module` names a file rather than a package. */
export function isFile(module: string): boolean {
  return /^\.\.?[/\\]/.test(module) || isAbsolute(module);
}

/** The folder of this server's own code: packages beside it can be plugins too, as with `npx -p`. */
const HERE = dirname(fileURLToPath(import.meta.url));

/**
 * The file that `module` stands for: a path relative to `folder`, or a package installed there or beside this server.
 * Undefined where there is none.
 */
export function resolveModule(module: string, folder: string): string | undefined {
  if (!isFile(module)) return packageFrom(module, folder) ?? ownPackage(module);
  const file = resolve(folder, module);
  return existsSync(file) ? fileIn(file) : undefined;
}

/** The file of a package that this server depends on: never another copy that is installed elsewhere. */
export function ownPackage(module: string): string | undefined {
  return packageFrom(module, HERE);
}

/** A folder stands for the package in it. */
function fileIn(file: string): string | undefined {
  try {
    return createRequire(file).resolve(file);
  } catch {
    return entryOf(file) ?? file;
  }
}

function packageFrom(module: string, folder: string): string | undefined {
  const require = createRequire(join(folder, "plugboard.json"));
  try {
    return require.resolve(module);
  } catch {
    // `require.resolve` does not see a package whose exports are for `import` only.
    const home = require.resolve
      .paths(module)
      ?.map((path) => join(path, module))
      .find((path) => existsSync(join(path, "package.json")));
    return home === undefined ? undefined : entryOf(home);
  }
}

function entryOf(home: string): string | undefined {
  try {
    const { exports } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as { exports?: Exports };
    const target = targetOf(typeof exports === "object" && exports !== null && "." in exports ? exports["."] : exports);
    return target === undefined ? undefined : join(home, target);
  } catch {
    return undefined;
  }
}

type Exports = string | null | { readonly [condition: string]: Exports } | undefined;

function targetOf(target: Exports): string | undefined {
  if (typeof target !== "object" || target === null) return target ?? undefined;
  for (const [condition, inner] of Object.entries(target)) {
    const found = ["node", "import", "module-sync", "default"].includes(condition) ? targetOf(inner) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
