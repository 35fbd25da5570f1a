import { matcher } from "@plugboard/core";
import { z } from "zod";
import type { Chosen } from "../config/choose.ts";
import type { Config } from "../config/settle.ts";
import { nearest } from "../config/nearest.ts";
import { fieldOf } from "../config/problems.ts";
import type { ListedTool } from "../serve/server.ts";
import type { AnyFactory } from "./load.ts";

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A name in the options of a plugin of which its schema says what it names: `.meta({ names: "tools" })`. */
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
  return loaded.flatMap(([{ key, options }, { definition }]) =>
    named(jsonSchema(definition.options, options), options, ["plugins", key]).flatMap((one) => {
      const origin = layers.originOf(one.path);
      const references = origin.from === "file" && one.part === undefined ? origin.references : [];
      const problem = problemOf(one, references, tools);
      if (problem === undefined) return [];
      return [`${layers.place(one.path, one.part) ?? label}: \`${fieldOf(one.path)}\`: ${problem}`];
    }),
  );
}

/** Of options that nobody gave, and of a schema of which there is none in JSON, nothing is to be said. */
function jsonSchema(schema: z.ZodType, options: object): JsonSchema {
  if (Object.keys(options).length === 0) return {};
  try {
    return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  } catch {
    return {};
  }
}

function named(schema: JsonSchema, value: unknown, path: readonly PropertyKey[], of?: string): Named[] {
  const inBranch = branchFor(schema, value);
  const found = inBranch ? named(inBranch, value, path, of) : [];
  if (typeof value === "string") {
    const { names } = schema;
    if (names === "tools" || names === "argument")
      found.push({ names, name: value, path, ...(of !== undefined && { of }) });
  } else if (Array.isArray(value)) {
    found.push(...value.flatMap((one, at) => named(schemaOf(schema.items), one, [...path, at], of)));
  } else if (typeof value === "object" && value !== null) {
    const isOfTools = schemaOf(schema.propertyNames)["names"] === "tools";
    for (const [key, one] of Object.entries(value)) {
      const below = [...path, key];
      if (isOfTools) found.push({ names: "tools", name: key, path: below, part: "key" });
      const inside = schemaOf(schema.properties?.[key] ?? schema.additionalProperties);
      found.push(...named(inside, one, below, isOfTools ? key : of));
    }
  }
  return found;
}

/** The branch of a union that a value is surely of: the only one of its type. */
function branchFor({ anyOf, oneOf }: JsonSchema, value: unknown): JsonSchema | undefined {
  const type = Array.isArray(value) ? "array" : typeof value;
  const fitting = (anyOf ?? oneOf ?? []).filter((branch) => branch.type === undefined || branch.type === type);
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** A schema of all items, keys or values; nothing is known of what has none, or is a row of schemas. */
function schemaOf(schema: unknown): JsonSchema {
  return typeof schema === "object" && schema !== null && !Array.isArray(schema) ? (schema as JsonSchema) : {};
}

/** @param references that the name is made of: what they stand for may be secret */
function problemOf(
  { names, name, of = "*" }: Named,
  references: readonly string[],
  tools: readonly ListedTool[],
): string | undefined {
  const shown = references.length > 0 ? references.map((reference) => `\${${reference}}`).join("") : name;
  const meant = (known: readonly string[]): string => {
    const near = references.length > 0 ? undefined : nearest(name, known);
    return near === undefined ? "" : ` Did you mean \`${near}\`?`;
  };
  if (names === "tools") {
    // What has a colon is no tool: a tag of results, for example.
    if (name === "*" || name.includes(":") || tools.some((tool) => matcher([name])(tool.name))) return undefined;
    const verb = name.includes("*") ? "fits" : "is called";
    return `no tool ${verb} \`${shown}\`.${meant(tools.map((tool) => tool.name))}`;
  }
  const known = tools.filter((tool) => matcher([of])(tool.name)).map(argumentsOf);
  if (known.length === 0 || known.some((all) => all === undefined || all.includes(name))) return undefined;
  return `\`${of}\` has no argument \`${shown}\`.${meant(known.flatMap((all) => all ?? []))}`;
}

/** Undefined where a tool may have more than its schema lists. */
function argumentsOf({ inputSchema }: ListedTool): string[] | undefined {
  const { properties = {}, additionalProperties, anyOf, oneOf, allOf, $ref } = schemaOf(inputSchema);
  const isOpen = additionalProperties === true || (typeof additionalProperties === "object" && additionalProperties);
  return isOpen || anyOf || oneOf || allOf || $ref !== undefined ? undefined : Object.keys(properties);
}
