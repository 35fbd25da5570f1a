import { definePlugin, matcher, type Plugin } from "@plugboard/core";
import { z } from "zod";
import { scopesPlugin } from "../auth/scopes.ts";
import { Failure } from "../config/failure.ts";
import { nearest } from "../config/nearest.ts";
import { fieldOf } from "../config/problems.ts";
import type { Config } from "../config/settle.ts";
import { listTools, serverFactory } from "../serve/server.ts";

type Needed = Pick<Config, "label" | "tools" | "layers"> & Partial<Pick<Config, "http">>;

/** What the names of these plugins begin with, which stand for settings of the configuration and not for its plugins. */
export const INTERNAL = "plugboard-";

const selection = definePlugin({
  name: `${INTERNAL}tools`,
  options: z.strictObject({ allow: z.array(z.string()).optional(), deny: z.array(z.string()) }),
  setup(host, { allow, deny }) {
    const isAllowed = allow ? matcher(allow) : () => true;
    const isDenied = matcher(deny);
    host.filter(({ name }) => isAllowed(name) && !isDenied(name));
  },
});

/** The plugins that hide tools: what `tools` denies is there for nobody, what `http.auth.scopes` says depends on the caller. */
export function toolPolicy({ tools: { allow, deny }, http }: Needed): Plugin[] {
  const scopes = http?.auth?.scopes;
  return [
    ...(allow !== undefined || deny.length > 0 ? [selection({ deny, ...(allow && { allow }) })] : []),
    ...(scopes ? [scopesPlugin(scopes)] : []),
  ];
}

/**
 * Whether all tools that the configuration names are there: a misspelt one would be denied, or described, for nobody.
 * @param plugin with all tools
 * @throws Failure
 */
export async function checkToolNames(config: Needed, plugin: Plugin): Promise<void> {
  const { allow = [], deny, describe } = config.tools;
  const named = [
    ...allow.map((name, at) => ({ name, path: ["tools", "allow", at] })),
    ...deny.map((name, at) => ({ name, path: ["tools", "deny", at] })),
    ...Object.keys(describe).map((name) => ({ name, path: ["tools", "describe", name], exact: true })),
    // Scopes speak of resources as well.
    ...Object.entries(config.http?.auth?.scopes ?? {}).flatMap(([scope, names]) =>
      names
        .map((name, at) => ({ name, path: ["http", "auth", "scopes", scope, at], exact: true }))
        .filter(({ name }) => !/[*:]/.test(name)),
    ),
  ];
  if (named.length === 0) return;
  const tools = (await listTools(serverFactory({ name: "check", version: "0", instructions: undefined }, plugin))).map(
    ({ name }) => name,
  );
  const problems = named.flatMap(({ name, path, ...rest }) => {
    if ("exact" in rest ? tools.includes(name) : tools.some(matcher([name]))) return [];
    const meant = nearest(name, tools);
    const hint = meant === undefined ? `Tools: ${tools.join(", ") || "none"}.` : `Did you mean \`${meant}\`?`;
    const place = config.layers.place(path, "exact" in rest ? "key" : undefined) ?? config.label;
    return `${place}: \`${fieldOf(path.slice(0, 2))}\`: no tool is called \`${name}\`. ${hint}`;
  });
  if (problems.length > 0) throw new Failure(problems.join("\n"));
}
