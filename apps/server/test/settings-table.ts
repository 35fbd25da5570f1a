import { z } from "zod";
import { CONFIG_VARIABLE, fileSettings, sources, STATE_VARIABLE } from "../src/config/settings.ts";

interface Property {
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Property>>;
  readonly anyOf?: readonly Property[];
  readonly items?: Property;
  readonly additionalProperties?: Property | boolean;
}

/** Further settings that are no part of the file: flags and variables that name files. */
const others = [
  ["", "`[config]`", `\`${CONFIG_VARIABLE}\``, "`plugboard.json`", "The config file"],
  [
    "",
    "`--stdio`",
    "",
    "",
    "Serves over stdio, also where the file or the environment says HTTP; with `--http`, both at once",
  ],
  [
    "`plugins.search.roots`",
    "`--search DIR`",
    "",
    "",
    "Folders that `search` searches; the flag may be given several times",
  ],
  [
    "`plugins.logtail.paths`",
    "`--logs PATH`",
    "",
    "",
    "Files, folders and globs (quoted) of logs for `logtail`; the flag may be given several times",
  ],
  [
    "",
    "",
    `\`${STATE_VARIABLE}\``,
    "where the platform keeps such files",
    "Folder, absolute, in which plugins keep what outlives the process, such as the index of `search`",
  ],
];

/** The table of all settings, from the schema and the list of flags and variables. */
export function settingsTable(): string {
  const schema = z.toJSONSchema(fileSettings, { io: "input", unrepresentable: "any" }) as Property;
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const head = ["File", "Flag", "Environment", "Default", "Meaning"];
  return [line(head), line(head.map(() => "---")), ...[...others, ...rowsOf(schema, "")].map(line)].join("\n");
}

/** A row for each setting; those of an object follow it. */
function rowsOf(schema: Property, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    if (path === "$schema") return [];
    const { flag, env } = sources[path] ?? {};
    const { default: standard, description = "" } = property;
    const inner = [property, ...(property.anyOf ?? [])].find((one) => one.properties);
    // The defaults of an object are those of its settings.
    const shown = standard === undefined || inner ? "" : `\`${JSON.stringify(standard)}\``;
    const row = [code(path), code(flag), code(env), shown, description];
    const plugin = path === "plugins" ? [schema.properties?.["plugins"]?.additionalProperties].filter(isProperty) : [];
    return [
      row,
      ...(inner ? rowsOf(inner, `${path}.`) : []),
      ...(property.items?.properties ? rowsOf(property.items, `${path}[].`) : []),
      ...plugin.flatMap(({ anyOf = [] }) => anyOf.flatMap((one) => rowsOf(one, "plugins.<name>."))),
    ];
  });
}

const isProperty = (value: Property | boolean | undefined): value is Property => typeof value === "object";
const code = (text: string | undefined): string => (text === undefined ? "" : `\`${text}\``);
