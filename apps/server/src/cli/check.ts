import type { HttpSettings } from "../config/http-settings.ts";
import { createAuthenticator } from "../auth/authenticator.ts";
import { Failure } from "../config/failure.ts";
import { reachNote } from "../config/reach.ts";
import type { Config } from "../config/settle.ts";
import { composePlugins } from "../plugins/compose.ts";
import { openPaths } from "../plugins/paths.ts";
import type { ListedTool } from "../serve/server.ts";
import { toolLines } from "./banner.ts";
import type { Flags } from "./flags.ts";
import { type Output, styles } from "./output.ts";
import { prepare } from "./prepare.ts";
import { urlOf } from "./url.ts";

/** What would run. */
interface Report {
  readonly config: Config;
  readonly plugins: readonly string[];
  readonly tools: readonly ListedTool[];
  /** What is no mistake, and may be none that was meant. */
  readonly notes: readonly string[];
}

/** `plugboard check`: all that can be wrong before the server runs; it listens nowhere. */
export async function check(
  { flags, json }: { readonly flags: Flags; readonly json: boolean },
  output: Output,
): Promise<number> {
  try {
    const report = await inspect(flags);
    output.out(json ? `${JSON.stringify(asJson(report), null, 2)}\n` : asText(report, output));
    return 0;
  } catch (error) {
    if (!json || !(error instanceof Failure)) throw error;
    output.out(`${JSON.stringify({ ok: false, problems: error.message.split("\n") }, null, 2)}\n`);
    return error.exitCode;
  }
}

async function inspect(flags: Flags): Promise<Report> {
  const { config, log } = prepare(flags, "warn");
  const { plugin, names, tools, notes } = await composePlugins(config);
  try {
    if (config.http?.auth)
      createAuthenticator(config.http.auth, { url: config.http.publicUrl ?? "http://localhost/mcp" }, log);
    const opened = await openPaths(config);
    if (opened.problems.length > 0) throw new Failure(opened.problems.join("\n"));
    return { config, plugins: names, tools, notes: [...hostNotes(config), ...notes, ...opened.notes] };
  } finally {
    await plugin.dispose();
  }
}

function hostNotes({ http, layers, label }: Config): string[] {
  const note = http && reachNote(http);
  return note === undefined ? [] : [`${layers.place(["http", "host"]) ?? label}: \`http.host\`: ${note}`];
}

function asText({ config, plugins, tools, notes }: Report, output: Output): string {
  const { green, yellow } = styles(output.outIsTerminal);
  const { http, stdio } = config;
  const lines = [
    `${config.label}: ${green("all right")}.`,
    `Plugins: ${plugins.join(", ")}`,
    ...(stdio ? ["Serves:  over stdio"] : []),
    ...(http ? [`Serves:  ${urlOf(http)}`, `Access:  ${accessTo(http)}`] : []),
    ...notes.map((note) => `${yellow("Note:")}    ${note}`),
    "Tools:",
    toolLines(tools, config.tools),
  ];
  return `${lines.join("\n")}\n`;
}

function asJson({ config: { label, http, stdio }, plugins, tools, notes }: Report): object {
  return {
    ok: true,
    config: label,
    plugins,
    tools: tools.map(({ name }) => name),
    stdio,
    http: http ? { url: urlOf(http), access: accessTo(http) } : null,
    notes,
  };
}

/** Who may call, in words. */
function accessTo({ auth, host }: HttpSettings): string {
  if (auth === undefined) return `everybody who can reach ${host}`;
  const { token, tokens, oauth, scopes } = auth;
  const who = [
    token !== undefined && "the holder of the token",
    tokens.length > 0 && `${tokens.length} named token${tokens.length === 1 ? "" : "s"}`,
    oauth && `access tokens of ${oauth.issuer}`,
  ].filter(Boolean);
  return `${who.join(", ")}${scopes ? "; tools by scope" : ""}`;
}
