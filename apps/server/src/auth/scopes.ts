import { definePlugin, type Plugin } from "@plugboard/core";
import { z } from "zod";
import { Permissions } from "./permissions.ts";

const scopes = definePlugin({
  name: "plugboard-scopes",
  options: z.strictObject({ scopes: z.record(z.string(), z.array(z.string())) }),
  setup(host, options) {
    const permissions = new Permissions(options.scopes);
    host.filter(({ name }, { kind, scopes: own }) => kind === "local" || permissions.permit(own, name));
  },
});

/**
 * A caller sees and calls the tools of its scopes, and those of `*`; who is on this machine, over stdio, all of them. It is
 * asked before the chain, and for each tool that another one calls: neither a cached result nor `batch` goes round it.
 * @param byScope patterns of tools by scope
 */
export function scopesPlugin(byScope: Readonly<Record<string, readonly string[]>>): Plugin {
  return scopes({ scopes: Object.fromEntries(Object.entries(byScope).map(([scope, tools]) => [scope, [...tools]])) });
}
