/** Where a setting comes from. */
export type Origin =
  | { readonly from: "flag" | "variable"; readonly name: string }
  | {
      readonly from: "file";
      /** As messages name it. */
      readonly file: string;
      readonly line: number;
      readonly column: number;
      /** The `${…}` that its text is made of, such as `MY_TOKEN` or `file:token`. */
      readonly references: readonly string[];
    }
  | { readonly from: "default" };

export type Path = readonly PropertyKey[];

/** Settings in the shape of the config file, from one place. */
export interface Layer {
  readonly values: unknown;
  /** Where the value at `path` stands, which is one of `values`; with "key", where its key stands. */
  origin(path: Path, part?: "key"): Origin;
}

export const DEFAULT: Origin = { from: "default" };

/** Several layers as one, each setting by itself: objects are merged to any depth, all else is replaced. */
export class Layers {
  readonly #layers: readonly Layer[];
  readonly values: Readonly<Record<string, unknown>>;

  /** @param layers the strongest first */
  constructor(layers: readonly Layer[]) {
    this.#layers = layers;
    this.values = layers.reduceRight((below: unknown, { values }) => merge(below, values), {}) as never;
  }

  /** Where the setting at `path` comes from; default where no layer has it. */
  originOf(path: Path): Origin {
    return this.#layerOf(path)?.origin(path) ?? DEFAULT;
  }

  /** Names the place of a setting for a message: the one of the nearest setting around it that a layer has. */
  place(path: Path, part?: "key"): string | undefined {
    for (let length = path.length; length >= 0; length--) {
      const at = path.slice(0, length);
      const layer = this.#layerOf(at);
      if (layer) return placeOf(layer.origin(at, length === path.length ? part : "key"));
    }
    return undefined;
  }

  #layerOf(path: Path): Layer | undefined {
    for (const layer of this.#layers) {
      const found = valueAt(layer.values, path);
      if (found.there) return found.value === undefined ? undefined : layer;
    }
    return undefined;
  }
}

/** As a message names it: `plugboard.json:3:5`, `--http`, `PLUGBOARD_TOKEN`. */
export function placeOf(origin: Origin): string {
  switch (origin.from) {
    case "flag":
      return origin.name;
    case "variable":
      return `The environment variable ${origin.name}`;
    case "file":
      return `${origin.file}:${origin.line}:${origin.column}`;
    case "default":
      return "default";
  }
}

/** Whether a layer decides about `path`, and how: a value that is no object leaves nothing below it to weaker layers. */
function valueAt(values: unknown, path: Path): { readonly there: boolean; readonly value?: unknown } {
  let value = values;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return { there: true };
    if (!Object.hasOwn(value, part)) return { there: Array.isArray(value) };
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return { there: true, value };
}

function merge(below: unknown, above: unknown): unknown {
  if (above === undefined) return below;
  if (!isObject(below) || !isObject(above)) return above;
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) merged[key] = merge(below[key], value);
  return merged;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
