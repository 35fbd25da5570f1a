import { z } from "zod";
import { builtins } from "../plugins/builtins.ts";
import { loadPlugin } from "../plugins/load.ts";
import { fileSettings } from "./settings.ts";

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The JSON Schema of the config file, with the options of the plugins that come with this server. */
export async function configJsonSchema(): Promise<JsonSchema> {
  const root = toJson(fileSettings);
  const { description } = fileSettings.shape.plugins;
  const properties: Record<string, JsonSchema> = {};
  const renamed: JsonSchema[] = [];
  for (const name of builtins) {
    const { definition } = await loadPlugin(
      { key: name, module: name, as: undefined, options: {} },
      { label: "plugboard", folder: import.meta.dirname },
    );
    const { $schema: _, ...options } = toJson(definition.options);
    properties[name] = { description: `Options of the plugin ${name}`, anyOf: [{ type: "boolean" }, options] };
    renamed.push({
      ...options,
      properties: {
        plugin: { const: name, description: `The plugin ${name}, under a name of your own` },
        ...options.properties,
      },
      required: ["plugin", ...(options.required ?? [])],
    });
  }
  const other = {
    type: "object",
    properties: { plugin: { type: "string", not: { enum: [...builtins] } } },
  } as JsonSchema;
  return {
    ...root,
    title: "Plugboard server configuration",
    properties: {
      ...root.properties,
      plugins: {
        ...(description !== undefined && { description }),
        type: "object",
        properties,
        additionalProperties: { anyOf: [{ type: "boolean" }, ...renamed, other] },
      } as JsonSchema,
    },
  };
}

/** Editors know draft 7 best. What a zod schema checks with code of its own is left to the check at start. */
function toJson(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: "input", target: "draft-7", unrepresentable: "any" });
}
