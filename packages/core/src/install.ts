import { markAsked } from "./call.ts";
import type { Announcer } from "./changes.ts";
import { PluginError } from "./errors.ts";
import type { Instance } from "./host.ts";
import type { Native } from "./request.ts";
import {
  acceptLogLevels,
  acceptSubscriptions,
  connectionOf,
  filterList,
  followRequests,
  followTools,
  hasResource,
  hasTool,
  identityOf,
  type RegisterOwned,
  type Sdk,
  sdkOf,
} from "./sdk.ts";
import { Seam } from "./seam.ts";
import type { McpServerLike } from "./types.ts";

/** One server that plugins are attached to. */
interface Installation {
  readonly seam: Seam;
  readonly registerTool: RegisterOwned;
  announcer: Announcer | undefined;
}

const SERVER = Symbol.for("dev.plugboard/server");
/** Tells this copy of core from another one that is loaded as well. */
const COPY = {};

/** Installs `members` in `server`, all or none: everything is checked before anything is changed. */
export function install(server: McpServerLike, members: readonly Instance[]): void {
  const first = members[0]?.name ?? "plugboard";
  const sdk = sdkOf(server, first);
  const marked = (sdk as { [SERVER]?: { copy: object; installation: Installation } })[SERVER];
  if (marked && marked.copy !== COPY) {
    throw new PluginError("TWO_CORES", first, "this server already has plugins of another copy of @plugboard/core.");
  }
  const present = marked?.installation.seam.instances ?? [];
  const fresh = members.filter((member) => !present.includes(member));
  if (fresh.length === 0) return;
  for (const member of fresh) checkFits(sdk, member, present);

  const installation = marked?.installation ?? open(sdk);
  for (const member of fresh) register(sdk, member, installation);
  installation.seam.add(fresh);
}

function checkFits(sdk: Sdk, member: Instance, present: readonly Instance[]): void {
  const { name, tools, resources } = member;
  if (member.disposed) throw new PluginError("DISPOSED", name, "it was disposed.");
  if (sdk.isConnected()) throw new PluginError("ATTACH_AFTER_CONNECT", name, "the server is connected already.");
  checkClash(member, present);
  for (const tool of tools) if (hasTool(sdk, tool.name)) throw clash("tool", member, tool.name, SERVER_ITSELF);
  for (const resource of resources)
    if (hasResource(sdk, resource)) throw clash("resource", member, resource.name, SERVER_ITSELF);
}

/** @throws PluginError when `member` has a name, tool or resource of one of the `others`. */
export function checkClash(member: Instance, others: readonly Instance[]): void {
  for (const other of others) {
    if (other.name === member.name)
      throw new PluginError("DUPLICATE_PLUGIN", member.name, `two plugins are called "${member.name}".`, {
        field: "as",
      });
    const owner = `the plugin "${other.name}"`;
    for (const { name } of member.tools)
      if (other.tools.some((tool) => tool.name === name)) throw clash("tool", member, name, owner);
    for (const { name, uri } of member.resources)
      if (other.resources.some((resource) => resource.name === name || resource.uri === uri))
        throw clash("resource", member, name, owner);
  }
}

const SERVER_ITSELF = "the server itself";
const CLASHES = { tool: "DUPLICATE_TOOL", resource: "DUPLICATE_RESOURCE" } as const;

function clash(
  kind: keyof typeof CLASHES,
  member: { readonly name: string },
  name: string,
  otherOwner: string,
): PluginError {
  return new PluginError(CLASHES[kind], member.name, `the ${kind} "${name}" is also one of ${otherOwner}.`, {
    field: name,
  });
}

function open(sdk: Sdk): Installation {
  const seam = new Seam(connectionOf(sdk), identityOf(sdk));
  const canList = (name: string, native: Native): boolean => seam.canList(name, native);
  const registerTool = followTools(sdk, seam.tools, {
    wrap:
      (tool) =>
      (...args) =>
        seam.enter(tool, args.length > 1 ? (args[0] as Record<string, unknown>) : undefined, args.at(-1) as Native),
    beforeNaming(name) {
      const owner = seam.tools.get(name)?.owner;
      if (owner) throw clash("tool", owner, name, SERVER_ITSELF);
    },
    afterRegistering: () => filterList(sdk, canList),
  });
  filterList(sdk, canList);
  followRequests(sdk, markAsked);
  acceptLogLevels(sdk);
  const installation: Installation = { seam, registerTool, announcer: undefined };
  Object.defineProperty(sdk, SERVER, { value: { copy: COPY, installation } });
  return installation;
}

/** Registers the tools and the resources of one member. */
function register(sdk: Sdk, member: Instance, installation: Installation): void {
  const { seam, registerTool } = installation;
  for (const { name, config, run } of member.tools) registerTool(name, config, { owner: member, run });
  for (const resource of member.resources) {
    sdk.registerResource(resource.name, ...resource.bind((native) => seam.request(native), seam.identity));
  }
  if (member.resources.length > 0) {
    installation.announcer ??= acceptSubscriptions(sdk);
    member.changes.add(installation.announcer);
  }
}
