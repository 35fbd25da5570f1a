import { type Factory, optionsSchema, toolsOf } from "../../scripts/describe-plugin.ts";

/** The parts of a JSON Schema that say which names there are. */
export interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** One line for each option, those below it after it (`[]`: of a list, `.*`: under any name): its default, or that it is required. */
export function optionLines(schema: JsonSchema, prefix = ""): string[] {
  const { properties = {}, required = [], items, additionalProperties, anyOf = [], oneOf = [] } = schema;
  const lines = Object.entries(properties).flatMap(([name, option]) => {
    const standard = "default" in option ? ` = ${JSON.stringify(option.default)}` : "";
    const path = prefix === "" ? name : `${prefix}.${name}`;
    return [`${path}${required.includes(name) ? " (required)" : standard}`, ...optionLines(option, path)];
  });
  if (items) lines.push(...optionLines(items, `${prefix}[]`));
  if (typeof additionalProperties === "object") lines.push(...optionLines(additionalProperties, `${prefix}.*`));
  for (const alternative of [...anyOf, ...oneOf]) lines.push(...optionLines(alternative, prefix));
  return [...new Set(lines)];
}

/** The options of a plugin. */
export const pluginOptions = (factory: Factory): string[] => optionLines(optionsSchema(factory) as JsonSchema);

/** Of each tool that the plugin adds: its name, the names of what goes in and comes out (`*`: required), and its `_meta` keys. */
export async function toolLines(factory: Factory): Promise<string[]> {
  return (await toolsOf(factory)).flatMap(({ name, inputSchema, outputSchema, _meta }) => [
    name,
    `  in: ${names(inputSchema as JsonSchema)}`,
    `  out: ${names(outputSchema as JsonSchema | undefined)}`,
    `  _meta: ${Object.keys(_meta ?? {}).join(", ")}`,
  ]);
}

const names = ({ properties = {}, required = [] }: JsonSchema = {}): string =>
  Object.keys(properties)
    .map((name) => (required.includes(name) ? `${name}*` : name))
    .join(", ");
