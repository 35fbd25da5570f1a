import { matcher } from "@plugboard/core";
import { z } from "zod";
import type { Config } from "../config/settle.ts";
import { nearest } from "../config/nearest.ts";
import { fieldOf } from "../config/problems.ts";
import type { ListedTool } from "../serve/server.ts";
import type { AnyFactory } from "./load.ts";
import type { Chosen } from "../config/choose.ts";

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A name in the options of a plugin that its schema says to be one of tools (`.meta({ names: "tools" })`), or of an argument. */
interface Named {
  readonly names: "tools" | "argument";
  readonly name: string;
  readonly path: readonly PropertyKey[];
  /** Where in the file the name is: a value, or the key itself. */
  readonly part?: "key";
  /** Of an argument: the pattern of the tools that have it. */
  readonly of?: string;
}

/**
 * Tools, patterns of tools and arguments in the options of plugins that are nowhere: a limit on them limits nothing. No
 * mistake, since the same options may be meant for a server with more plugins.
 * @param tools all of them, those that are hidden too
 */
export function optionNotes(
  loaded: readonly (readonly [Chosen, AnyFactory])[],
  { label, layers }: Pick<Config, "label" | "layers">,
  tools: readonly ListedTool[],
): string[] {
  return loaded.flatMap(([{ key, options }, { definition }]) => {
    if (Object.keys(options).length === 0) return [];
    const schema = z.toJSONSchema(definition.options, { io: "input", unrepresentable: "any" });
    return named(schema, options, ["plugins", key]).flatMap((one) => {
      const problem = problemOf(one, tools);
      return problem === undefined
        ? []
        : [`${layers.place(one.path, one.part) ?? label}: \`${fieldOf(one.path)}\`: ${problem}`];
    });
  });
}

function named(schema: JsonSchema, value: unknown, path: readonly PropertyKey[], of?: string): Named[] {
  const either = schema.anyOf?.flatMap((one) => named(one, value, path, of)) ?? [];
  if (typeof value === "string") {
    const names = schema["names"];
    return names === "tools" || names === "argument"
      ? [{ names, name: value, path, ...(of !== undefined && { of }) }]
      : either;
  }
  if (Array.isArray(value))
    return [...either, ...value.flatMap((one, at) => named(schemaOf(schema.items), one, [...path, at], of))];
  if (typeof value !== "object" || value === null) return either;
  const isOfTools = schemaOf(schema.propertyNames)["names"] === "tools";
  const own = Object.entries(value).flatMap(([key, one]): Named[] => {
    const inside = schemaOf(schema.properties?.[key] ?? schema.additionalProperties);
    const below = named(inside, one, [...path, key], isOfTools ? key : of);
    return isOfTools ? [{ names: "tools", name: key, path: [...path, key], part: "key" }, ...below] : below;
  });
  return [...either, ...own];
}

/** A schema of all items, keys or values; nothing is known of what has none, or is a row of schemas. */
function schemaOf(schema: unknown): JsonSchema {
  return typeof schema === "object" && schema !== null && !Array.isArray(schema) ? (schema as JsonSchema) : {};
}

function problemOf({ names, name, of = "*" }: Named, tools: readonly ListedTool[]): string | undefined {
  if (names === "tools") {
    // What has a colon is no tool: a tag of results, for example.
    if (name === "*" || name.includes(":") || tools.some((tool) => matcher([name])(tool.name))) return undefined;
    return `no tool ${name.includes("*") ? "fits" : "is called"} \`${name}\`.${meant(
      name,
      tools.map((tool) => tool.name),
    )}`;
  }
  const known = tools.filter((tool) => matcher([of])(tool.name)).map(argumentsOf);
  if (known.length === 0 || known.some((all) => all.includes(name))) return undefined;
  return `\`${of}\` has no argument \`${name}\`.${meant(name, known.flat())}`;
}

function argumentsOf({ inputSchema }: ListedTool): string[] {
  return Object.keys((inputSchema as { properties?: object } | undefined)?.properties ?? {});
}

function meant(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined ? "" : ` Did you mean \`${near}\`?`;
}
