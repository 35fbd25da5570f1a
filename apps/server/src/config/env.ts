import { resolve } from "node:path";
import { Failure } from "./failure.ts";
import type { Layer } from "./layers.ts";
import { nearest } from "./nearest.ts";
import { problems } from "./problems.ts";
import { CONFIG_VARIABLE, schemaAt, sources, STATE_VARIABLE } from "./settings.ts";

/** Those that are no settings of the file. */
const others = [CONFIG_VARIABLE, STATE_VARIABLE];

/** What the environment sets. */
export interface Environment extends Layer {
  /** The config file, absolute. */
  readonly file: string | undefined;
  /** All variables, for `${NAME}` in the file. */
  readonly variables: NodeJS.ProcessEnv;
  /** About variables that look like ours and are not. */
  readonly warnings: readonly string[];
}

/**
 * Reads the `PLUGBOARD_…` variables. Empty ones count as unset.
 * @throws Failure when one has no valid value
 */
export function readEnvironment(env: NodeJS.ProcessEnv, cwd: string): Environment {
  const known = Object.entries(sources).flatMap(([path, { env: name, read }]) => (name ? [{ name, path, read }] : []));
  const names = known.map(({ name }) => name);
  const set = known.flatMap(({ name, path, read = (text: string): unknown => text }) => {
    const text = env[name];
    if (text === undefined || text === "") return [];
    const value = read(text);
    const problem = problems(schemaAt(path.split(".")), value, () => `The environment variable ${name}`);
    if (problem !== undefined) throw new Failure(problem);
    return [{ name, path: path.split("."), value }];
  });
  const warnings = Object.entries(env).flatMap(([name, text]) => {
    if (!name.startsWith("PLUGBOARD_") || text === undefined || text === "") return [];
    if (names.includes(name) || others.includes(name)) return [];
    const meant = nearest(name, [...names, ...others]);
    return [
      `The environment variable ${name} is not one of Plugboard's and has no effect.${meant ? ` Did you mean ${meant}?` : ""}`,
    ];
  });
  const file = env[CONFIG_VARIABLE];
  const values: Tree = {};
  for (const { path, value } of set) put(values, path, value);
  return {
    file: file === undefined || file === "" ? undefined : resolve(cwd, file),
    variables: env,
    values,
    origin: (path) => ({
      from: "variable",
      name: set.find((one) => one.path.every((key, at) => at >= path.length || key === path[at]))?.name ?? "",
    }),
    warnings,
  };
}

interface Tree {
  [key: string]: unknown;
}

/** Sets the value at a path, making the objects on the way. */
function put(tree: Tree, [key = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) tree[key] = value;
  else put((tree[key] ??= {}) as Tree, rest, value);
}
