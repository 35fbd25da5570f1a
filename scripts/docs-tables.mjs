/** @typedef {Record<string, any>} JsonSchema */

/**
 * Puts a text between the marks `<!-- name:start -->` and `<!-- name:end -->`.
 * @param {string} markdown
 * @param {string} name
 * @param {string} text
 * @returns {string | undefined} `undefined` where there are no such marks
 */
export function fillSection(markdown, name, text) {
  const marks = new RegExp(`(<!-- ${name}:start -->)[^]*?(<!-- ${name}:end -->)`);
  if (!marks.test(markdown)) return undefined;
  return markdown.replace(marks, (_, start, end) => `${start}\n\n${text}\n\n${end}`);
}

/**
 * @param {JsonSchema} schema of the options, as an object
 * @returns {string}
 */
export function optionsTable(schema) {
  const rows = optionRows(schema, "");
  if (rows.length === 0) return "This plugin has no options.";
  return table(["Option", "Type", "Default", "Meaning"], rows);
}

/**
 * @param {readonly { name: string, title?: string, description?: string, annotations?: { readOnlyHint?: boolean } }[]} tools
 * @returns {string}
 */
export function toolsTable(tools) {
  const rows = tools.map(({ name, title, description = title ?? "", annotations }) => [
    `\`${name}\``,
    description,
    annotations?.readOnlyHint ? "yes" : "no",
  ]);
  return table(["Tool", "What it does", "Read-only"], rows);
}

/**
 * One row per option; those of an object follow it, with its name before theirs.
 * @param {JsonSchema} schema
 * @param {string} prefix
 * @returns {string[][]}
 */
function optionRows({ properties = {}, required = [] }, prefix) {
  return Object.entries(properties).flatMap(([name, option]) => {
    const standard =
      "default" in option ? code(JSON.stringify(option.default)) : required.includes(name) ? "required" : "none";
    const row = [code(prefix + name), typeOf(option), standard, option.description ?? ""];
    return [row, ...optionRows(option, `${prefix}${name}.`)];
  });
}

/**
 * @param {JsonSchema} schema
 * @returns {string}
 */
function typeOf(schema) {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return [...new Set(alternatives.map(typeOf))].join(" or ");
  if ("const" in schema) return code(JSON.stringify(schema.const));
  if (schema.enum) return schema.enum.map((/** @type {unknown} */ value) => code(JSON.stringify(value))).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.type === "object" && typeof schema.additionalProperties === "object" && !schema.properties) {
    return `object of ${typeOf(schema.additionalProperties)}`;
  }
  return `${schema.type ?? "any"}${bounds(schema)}`;
}

/** @param {JsonSchema} schema */
function bounds({ minimum = schemaless, maximum = schemaless }) {
  const least = Math.abs(minimum) < Number.MAX_SAFE_INTEGER;
  const most = Math.abs(maximum) < Number.MAX_SAFE_INTEGER;
  if (least && most) return `, ${minimum} to ${maximum}`;
  if (least) return `, at least ${minimum}`;
  return most ? `, at most ${maximum}` : "";
}

const schemaless = Number.POSITIVE_INFINITY;

/** @param {string} text */
const code = (text) => `\`${text}\``;

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export function table(head, rows) {
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replace(/\s+/g, " ").replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}
