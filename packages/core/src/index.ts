export { currentCall } from "./call.ts";
export { core, coreOptions } from "./core.ts";
export { PluginError, type PluginErrorCode, pluginErrors, ToolError } from "./errors.ts";
export { LIVE, READ_ONLY } from "./hints.ts";
export { matcher } from "./patterns.ts";
export { compose, definePlugin, isPluginFactory } from "./plugin.ts";
export { isToolResult, structured, toolError, toolResult, withMeta } from "./result.ts";
export { cutText } from "./text.ts";
export type {
  Args,
  Call,
  CallChanges,
  ContentBlock,
  Data,
  DispatchOptions,
  Host,
  InstanceOptions,
  ListedResource,
  LogLevel,
  Made,
  McpServerLike,
  Middleware,
  Plugin,
  PluginDefinition,
  PluginFactory,
  Prepared,
  Principal,
  Progress,
  Refused,
  ResourceConfig,
  ResourceHandle,
  ResourceRead,
  ResourceRequest,
  ResultExtras,
  Returned,
  ServerIdentity,
  Services,
  ToolAnnotations,
  ToolConfig,
  ToolInfo,
  ToolResult,
} from "./types.ts";
