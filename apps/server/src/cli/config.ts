import { DEFAULT, isObject, type Origin, type Path } from "../config/layers.ts";
import { sharesRedis } from "../config/choose.ts";
import { masked } from "../config/mask.ts";
import { fieldOf } from "../config/problems.ts";
import type { Chosen } from "../config/choose.ts";
import type { Config } from "../config/settle.ts";
import { shortName } from "../plugins/builtins.ts";
import { loadPlugin } from "../plugins/load.ts";
import type { Flags } from "./flags.ts";
import { columns, type Output, styles } from "./output.ts";
import { prepare } from "./prepare.ts";

interface Setting {
  readonly path: Path;
  /** Without secrets. */
  readonly value: unknown;
  readonly origin: Origin;
}

/** `plugboard config`: the settings in effect, and where each of them comes from; secrets are masked. */
export async function showConfig(
  { flags, json }: { readonly flags: Flags; readonly json: boolean },
  output: Output,
): Promise<number> {
  const { config } = prepare(flags, "warn");
  const settings = flatten(await effective(config), [], originIn(config));
  output.out(json ? `${JSON.stringify(asJson(settings), null, 2)}\n` : asText(config, settings, output));
  return 0;
}

/** The configuration in the shape of its file, defaults of plugins included. */
async function effective(config: Config): Promise<Record<string, unknown>> {
  const { name, version, instructions, logLevel, shutdownMs, disposeMs, redis, tools, http, plugins } = config;
  const entries: [string, unknown][] = [];
  for (const chosen of plugins) entries.push([chosen.key, await withDefaults(chosen, config)]);
  return {
    name,
    version,
    instructions,
    logLevel,
    shutdownMs,
    disposeMs,
    redis,
    tools,
    http: http ?? false,
    plugins: Object.fromEntries(entries),
  };
}

async function withDefaults(chosen: Chosen, config: Config): Promise<unknown> {
  const { definition } = await loadPlugin(chosen, config);
  const parsed = definition.options.safeParse(chosen.options);
  const { key, module, as } = chosen;
  const own = { ...(module !== shortName(key) && { plugin: module }), ...(as !== undefined && as !== key && { as }) };
  return { ...own, ...((parsed.success ? parsed.data : chosen.options) as object) };
}

function originIn({ layers, plugins }: Config): (path: Path) => Origin {
  return (path) => {
    const origin = layers.originOf(path);
    const [group, key, option] = path;
    const chosen = group === "plugins" ? plugins.find((one) => one.key === key) : undefined;
    // The address of Redis that stands at the top of the file.
    const inherited = origin === DEFAULT && chosen && sharesRedis(chosen) && option === "store" && path[3] === "redis";
    return inherited ? layers.originOf(["redis"]) : origin;
  };
}

/** One setting for each value that is no object; lists are one. */
function flatten(value: unknown, path: Path, originOf: (path: Path) => Origin): Setting[] {
  if (value === undefined || typeof value === "function") return [];
  if (isObject(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([key, inner]) => flatten(inner, [...path, key], originOf));
  return [{ path, value: masked(value, path, originOf), origin: originOf(path) }];
}

function asText({ label }: Config, settings: readonly Setting[], output: Output): string {
  const { dim, green } = styles(output.outIsTerminal);
  const lines = columns(
    settings.map(({ path, value, origin }) => [fieldOf(path), shortened(JSON.stringify(value)), sourceOf(origin)]),
  );
  const coloured = lines.map((line, at) => (settings[at]?.origin.from === "default" ? dim(line) : green(line)));
  return `${label}\n${coloured.join("\n")}\n`;
}

const WIDEST = 60;
const shortened = (text: string): string => (text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text);

function sourceOf(origin: Origin): string {
  if (origin.from === "default") return "default";
  if (origin.from !== "file") return origin.name;
  const from = origin.references.map((reference) => `\${${reference}}`).join(", ");
  return `${origin.file}:${origin.line}:${origin.column}${from && ` from ${from}`}`;
}

function asJson(settings: readonly Setting[]): object {
  return Object.fromEntries(
    settings.map(({ path, value, origin }) => [fieldOf(path), { value, source: sourceOf(origin) }]),
  );
}
