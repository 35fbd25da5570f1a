import { PluginError } from "./errors.ts";
import type { Instance } from "./host.ts";
import type { Native } from "./request.ts";
import type { Announcer } from "./resource.ts";
import { acceptLogLevels, acceptSubscriptions, connectionOf, filterList, followTools, type Register, type Sdk, sdkOf } from "./sdk.ts";
import { Seam, type Tool } from "./seam.ts";
import type { McpServerLike } from "./types.ts";

/** One server that plugins are attached to. */
interface Installation {
  readonly seam: Seam;
  readonly register: Register;
  announce: Announcer | undefined;
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
  for (const member of fresh) checkFits(sdk, member, present, marked?.installation.seam.tools);

  const installation = marked?.installation ?? open(sdk);
  for (const member of fresh) add(sdk, member, installation);
}

function checkFits(sdk: Sdk, member: Instance, present: readonly Instance[], tools: ReadonlyMap<string, Tool> | undefined): void {
  const { name } = member;
  if (member.disposed) throw new PluginError("DISPOSED", name, "it was disposed.");
  if (sdk.isConnected()) throw new PluginError("ATTACH_AFTER_CONNECT", name, "the server is connected already.");
  if (present.some((other) => other.name === name)) {
    throw new PluginError("DUPLICATE_PLUGIN", name, `the server already has a plugin called "${name}".`, { field: "as" });
  }
  for (const tool of member.tools) {
    if (!Object.hasOwn(sdk._registeredTools, tool.name)) continue;
    const owner = tools?.get(tool.name)?.owner?.name;
    const whose = owner === undefined ? "the server itself" : `the plugin "${owner}"`;
    throw new PluginError("DUPLICATE_TOOL", name, `the tool "${tool.name}" is there already, registered by ${whose}.`, { field: tool.name });
  }
  for (const resource of member.resources) {
    const other = present.find(({ resources }) => resources.some(({ uri, name: title }) => uri === resource.uri || title === resource.name));
    if (other) {
      const what = `the resource "${resource.name}" is there already, registered by the plugin "${other.name}".`;
      throw new PluginError("DUPLICATE_RESOURCE", name, what, { field: resource.name });
    }
  }
}

function open(sdk: Sdk): Installation {
  const seam = new Seam(connectionOf(sdk));
  const canList = (name: string, native: Native): boolean => seam.canList(name, native);
  const register = followTools(sdk, seam.tools, {
    wrap: (tool) => (...args) => seam.enter(tool, args.length > 1 ? (args[0] as Record<string, unknown>) : undefined, args.at(-1) as Native),
    beforeNaming(name) {
      const owner = seam.tools.get(name)?.owner;
      if (!owner) return;
      throw new PluginError("DUPLICATE_TOOL", owner.name, `the server registers a tool "${name}", which is one of this plugin's.`, { field: name });
    },
    afterRegistering: () => filterList(sdk, canList),
  });
  filterList(sdk, canList);
  acceptLogLevels(sdk);
  const installation: Installation = { seam, register, announce: undefined };
  Object.defineProperty(sdk, SERVER, { value: { copy: COPY, installation } });
  return installation;
}

function add(sdk: Sdk, member: Instance, installation: Installation): void {
  const { seam, register } = installation;
  for (const { name, config, run } of member.tools) register(name, config, { owner: member, run });
  for (const resource of member.resources) {
    sdk.registerResource(resource.name, ...resource.bind((native) => seam.request(native)));
  }
  if (member.resources.length > 0) {
    installation.announce ??= acceptSubscriptions(sdk);
    member.changes.add(installation.announce);
  }
  seam.add(member);
}
