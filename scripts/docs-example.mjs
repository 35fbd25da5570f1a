/**
 * The smallest value that fits a JSON Schema: what is required, and nothing else. Enough to make a plugin and look at it.
 * @param {Record<string, any>} schema
 * @returns {any}
 */
export function exampleOf(schema) {
  if ("default" in schema) return schema.default;
  if ("const" in schema) return schema.const;
  if (schema.examples) return schema.examples[0];
  if (schema.enum) return schema.enum[0];
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return exampleOf(alternatives[0]);
  switch (schema.type) {
    case "object":
      return Object.fromEntries(
        (schema.required ?? []).map((/** @type {string} */ name) => [name, exampleOf(schema.properties[name])]),
      );
    case "array":
      return Array.from({ length: schema.minItems ?? 0 }, () => exampleOf(schema.items));
    case "string":
      return "example".padEnd(schema.minLength ?? 0, ".");
    case "integer":
    case "number":
      return schema.minimum ?? 0;
    case "boolean":
      return false;
    default:
      return null;
  }
}
