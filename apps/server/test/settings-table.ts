import { z } from "zod";
import { httpSettings } from "../src/config/http-settings.ts";
import { CONFIG_VARIABLE, fileSettings, sources, STATE_VARIABLE } from "../src/config/settings.ts";

interface Property {
  readonly default?: unknown;
  readonly description?: string;
}

/** The table of all settings for the README, from the schemas and the list of flags and variables. */
export function settingsTable(): string {
  const properties = (schema: z.ZodType): [string, Property][] =>
    Object.entries(
      (z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as { properties: Record<string, Property> })
        .properties,
    );
  const code = (text: string | undefined): string => (text === undefined ? "" : `\`${text}\``);
  const row = ([path, { default: standard, description = "" }]: [string, Property]): string[] => {
    const { flag, env } = sources[path] ?? {};
    return [
      code(path),
      code(flag),
      code(env),
      standard === undefined ? "" : code(JSON.stringify(standard)),
      description,
    ];
  };
  const top = properties(fileSettings).filter(([name]) => name !== "$schema" && name !== "http" && name !== "plugins");
  const http = properties(httpSettings).map(([name, property]): [string, Property] => [`http.${name}`, property]);
  const rows = [
    ["", code("[config.json]"), code(CONFIG_VARIABLE), code("plugboard.json"), "The config file"],
    [
      "",
      code("--stdio"),
      "",
      "",
      "Serves over stdio, also where the file or the environment says HTTP; with `--http`, both at once",
    ],
    [
      code("plugins.search.roots"),
      code("--search DIR"),
      "",
      "",
      "Folders that `search` searches; the flag may be given several times",
    ],
    [
      code("plugins.logtail.paths"),
      code("--logs PATH"),
      "",
      "",
      "Files, folders and globs (quoted) of logs for `logtail`; the flag may be given several times",
    ],
    [
      "",
      "",
      code(STATE_VARIABLE),
      "where the platform keeps such files",
      "Folder, absolute, in which plugins keep what outlives the process, such as the index of `search`",
    ],
    ...[...top, ...http].map(row),
  ];
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const head = ["File", "Flag", "Environment", "Default", "Meaning"];
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
