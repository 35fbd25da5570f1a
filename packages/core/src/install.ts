import { markAsked } from "./call.ts";
import { PluginError, type PluginErrorCode } from "./errors.ts";
import type { Instance } from "./host.ts";
import type { Native } from "./request.ts";
import type { Announcer } from "./resource.ts";
import {
  acceptLogLevels,
  acceptSubscriptions,
  connectionOf,
  filterList,
  followRequests,
  followTools,
  identityOf,
  type Register,
  type Sdk,
  sdkOf,
} from "./sdk.ts";
import { Seam } from "./seam.ts";
import type { McpServerLike } from "./types.ts";

/** One server that plugins are attached to. */
interface Installation {
  readonly seam: Seam;
  readonly register: Register;
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
  for (const member of fresh) add(sdk, member, installation);
}

function checkFits(sdk: Sdk, member: Instance, present: readonly Instance[]): void {
  const { name } = member;
  if (member.disposed) throw new PluginError("DISPOSED", name, "it was disposed.");
  if (sdk.isConnected()) throw new PluginError("ATTACH_AFTER_CONNECT", name, "the server is connected already.");
  checkClash(member, present);
  for (const tool of member.tools) {
    if (Object.hasOwn(sdk._registeredTools, tool.name))
      throw clash("DUPLICATE_TOOL", member, `the tool "${tool.name}" is also one of the server itself.`, tool.name);
  }
}

/** @throws PluginError when `member` has a name, tool or resource of one of the `others`. */
export function checkClash(member: Instance, others: readonly Instance[]): void {
  for (const other of others) {
    if (other.name === member.name)
      throw clash("DUPLICATE_PLUGIN", member, `two plugins are called "${member.name}".`, "as");
    for (const { name } of member.tools) {
      if (!other.tools.some((tool) => tool.name === name)) continue;
      throw clash("DUPLICATE_TOOL", member, `the tool "${name}" is also one of the plugin "${other.name}".`, name);
    }
    for (const { name, uri } of member.resources) {
      if (!other.resources.some((resource) => resource.name === name || resource.uri === uri)) continue;
      throw clash(
        "DUPLICATE_RESOURCE",
        member,
        `the resource "${name}" is also one of the plugin "${other.name}".`,
        name,
      );
    }
  }
}

const clash = (code: PluginErrorCode, { name }: { readonly name: string }, what: string, field: string): PluginError =>
  new PluginError(code, name, what, { field });

function open(sdk: Sdk): Installation {
  const seam = new Seam(connectionOf(sdk), identityOf(sdk));
  const canList = (name: string, native: Native): boolean => seam.canList(name, native);
  const register = followTools(sdk, seam.tools, {
    wrap:
      (tool) =>
      (...args) =>
        seam.enter(tool, args.length > 1 ? (args[0] as Record<string, unknown>) : undefined, args.at(-1) as Native),
    beforeNaming(name) {
      const owner = seam.tools.get(name)?.owner;
      if (!owner) return;
      throw clash(
        "DUPLICATE_TOOL",
        owner,
        `the server registers a tool "${name}", which is one of this plugin's.`,
        name,
      );
    },
    afterRegistering: () => filterList(sdk, canList),
  });
  filterList(sdk, canList);
  followRequests(sdk, markAsked);
  acceptLogLevels(sdk);
  const installation: Installation = { seam, register, announcer: undefined };
  Object.defineProperty(sdk, SERVER, { value: { copy: COPY, installation } });
  return installation;
}

function add(sdk: Sdk, member: Instance, installation: Installation): void {
  const { seam, register } = installation;
  for (const { name, config, run } of member.tools) register(name, config, { owner: member, run });
  for (const resource of member.resources) {
    sdk.registerResource(resource.name, ...resource.bind((native) => seam.request(native), seam.identity));
  }
  if (member.resources.length > 0) {
    installation.announcer ??= acceptSubscriptions(sdk);
    member.changes.add(installation.announcer);
  }
  seam.add(member);
}
