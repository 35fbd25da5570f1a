/** What a new config file is to say. */
export interface Wanted {
  readonly search: readonly string[];
  readonly logs: readonly string[];
  /** The port; undefined: over stdio. */
  readonly http: number | undefined;
}

/** A config file with comments: what is wanted, and what else there is, commented out. */
export function configText({ search, logs, http }: Wanted): string {
  const plugins = [
    ...(search.length > 0
      ? [
          "// Folders and files to search: the tools search, search_similar and fetch.",
          entry("search", "roots", search),
        ]
      : []),
    ...(logs.length > 0
      ? ["// Logs to read, search and summarize: the tools logtail_…", entry("logtail", "paths", logs)]
      : []),
    "// Always there, first and in this order, unless `false`: core, progress, cache, ratelimit, batch.",
    '// "cache": { "ttlMs": 60000 },',
    '// "batch": false,',
  ];
  const listening =
    http === undefined
      ? ["// Over stdio, for a client on this machine. For others, over HTTP:", '// "http": { "port": 3333 },']
      : [
          "// Streamable HTTP, on this machine only. For others: `host`, and who may call in `auth`",
          "// (`plugboard token` makes a token; the configuration has its hash).",
          `"http": { "port": ${http} },`,
        ];
  return `${[
    "// The server that `plugboard` runs here. `plugboard check` says what is wrong with this file, `plugboard config` prints",
    "// all settings. Texts may have ${NAME}, ${NAME:-default} and ${file:path}.",
    "{",
    ...[
      '"$schema": "./node_modules/@plugboard/server/plugboard.schema.json",',
      ...listening,
      "// Which tools are offered, by name or with *.",
      '// "tools": { "deny": ["logtail_*"] },',
      '"plugins": {',
      ...plugins.map((line) => `  ${line}`),
      "},",
    ].map((line) => `  ${line}`),
    "}",
  ].join("\n")}\n`;
}

const entry = (plugin: string, option: string, paths: readonly string[]): string =>
  `"${plugin}": { "${option}": [${paths.map((path) => JSON.stringify(path)).join(", ")}] },`;
