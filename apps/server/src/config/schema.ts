import { z } from "zod";
import { builtins } from "../plugins/builtins.ts";
import { loadPlugin } from "../plugins/load.ts";
import { fileSettings, pluginObject } from "./settings.ts";

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The JSON Schema of the config file, with the options of the plugins that come with this server. */
export async function configJsonSchema(): Promise<JsonSchema> {
  const root = toJson(fileSettings);
  const { description } = fileSettings.shape.plugins;
  const { plugin: _, ...common } = toJson(pluginObject).properties ?? {};
  const properties: Record<string, JsonSchema> = {};
  const renamed: JsonSchema[] = [];
  for (const name of builtins) {
    const { definition } = await loadPlugin(
      { key: name, module: name, as: undefined, options: {} },
      { label: "plugboard", folder: import.meta.dirname },
    );
    const { $schema: __, ...options } = toJson(definition.options);
    const own = { ...options, properties: { ...common, ...options.properties } };
    properties[name] = { description: `Options of the plugin ${name}`, anyOf: [{ type: "boolean" }, own] };
    renamed.push({
      ...own,
      properties: {
        plugin: { const: name, description: `The plugin ${name}, under a name of your own` },
        ...own.properties,
      },
      required: ["plugin", ...(options.required ?? [])],
    });
  }
  const other = {
    type: "object",
    properties: { plugin: { type: "string", not: { enum: [...builtins] } }, ...common },
  } as JsonSchema;
  return {
    ...root,
    title: "Plugboard server configuration",
    // For VS Code, which else marks comments and trailing commas in a file that is called .json.
    allowComments: true,
    allowTrailingCommas: true,
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

/** What a text must look like, unless `${…}` stands in it. */
const FORM = ["pattern", "format", "minLength", "maxLength", "enum"] as const;

/** Editors know draft 7 best. What a zod schema checks with code of its own is left to the check at start. */
function toJson(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    target: "draft-7",
    unrepresentable: "any",
    override({ zodSchema, jsonSchema, path }) {
      // What it says is for the check of the names.
      delete jsonSchema["names"];
      if (jsonSchema.type !== "string" || path.at(-1) === "propertyNames") return;
      if (!["string", "enum"].includes(zodSchema._zod.def.type)) return;
      const form = FORM.flatMap((key) => (key in jsonSchema ? [[key, jsonSchema[key]] as const] : []));
      if (form.length === 0) return;
      for (const [key] of form) delete jsonSchema[key];
      jsonSchema.anyOf = [Object.fromEntries(form) as JsonSchema, { pattern: "\\$\\{" }];
    },
  });
}
