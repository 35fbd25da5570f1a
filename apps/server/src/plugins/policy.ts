import { definePlugin, matcher, type Plugin } from "@plugboard/core";
import { z } from "zod";
import { scopesPlugin } from "../auth/scopes.ts";
import type { Config } from "../config/settle.ts";
import type { Settings } from "../config/settings.ts";

type Selected = Pick<Settings["tools"], "allow" | "deny">;

const selection = definePlugin({
  name: "plugboard-tools",
  options: z.strictObject({ allow: z.array(z.string()).optional(), deny: z.array(z.string()) }),
  setup(host, options) {
    const offered = offering(options);
    host.filter(({ name }) => offered(name));
  },
});

/** The plugins that hide tools: what `tools` denies is there for nobody, what `http.auth.scopes` says depends on the caller. */
export function toolPolicy({ tools, http }: Pick<Config, "tools" | "http">): Plugin[] {
  const { allow, deny } = tools;
  const scopes = http?.auth?.scopes;
  return [
    ...(allow !== undefined || deny.length > 0 ? [selection({ deny, ...(allow && { allow }) })] : []),
    ...(scopes ? [scopesPlugin(scopes)] : []),
  ];
}

/** Whether a tool is offered, as far as that does not depend on the caller: it is allowed, and not denied. */
export function offering({ allow, deny }: Selected): (tool: string) => boolean {
  const isAllowed = allow ? matcher(allow) : () => true;
  const isDenied = matcher(deny);
  return (tool) => isAllowed(tool) && !isDenied(tool);
}
