import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type RequestId,
} from "@modelcontextprotocol/sdk/types.js";
import type { Permissions } from "./permissions.ts";

type Listed = Readonly<Record<string, unknown>>;

/** What each kind of list has, and what names its entries. */
const LISTS: Readonly<Record<string, { readonly key: string; readonly uri: string }>> = {
  "resources/list": { key: "resources", uri: "uri" },
  "resources/templates/list": { key: "resourceTemplates", uri: "uriTemplate" },
};

/**
 * Leaves out of the lists of resources what the caller's scopes do not permit. Where nobody is known, as in memory, the lists
 * stay whole.
 * @param transport one that a server has been connected to
 */
export function filterResources(transport: Transport, permissions: Permissions): void {
  const asked = new Map<RequestId, { readonly method: string; readonly scopes: readonly string[] }>();
  const { onmessage, onclose } = transport;
  const send = transport.send.bind(transport);

  transport.onmessage = (message, extra) => {
    if (isJSONRPCRequest(message) && Object.hasOwn(LISTS, message.method) && extra?.authInfo)
      asked.set(message.id, { method: message.method, scopes: extra.authInfo.scopes });
    onmessage?.(message, extra);
    if ("method" in message && message.method === "notifications/cancelled")
      asked.delete(message.params?.["requestId"] as RequestId);
  };
  transport.send = (message, options) => {
    if ("method" in message || message.id === undefined) return send(message, options);
    const request = asked.get(message.id);
    asked.delete(message.id);
    return send(request ? permitted(message, request.method, request.scopes) : message, options);
  };
  transport.onclose = () => {
    asked.clear();
    onclose?.();
  };

  function permitted(message: JSONRPCMessage, method: string, own: readonly string[]): JSONRPCMessage {
    const list = LISTS[method];
    if (!list || !isJSONRPCResultResponse(message)) return message;
    const entries = message.result[list.key];
    if (!Array.isArray(entries)) return message;
    const kept = (entries as Listed[]).filter((entry) => permissions.permit(own, String(entry[list.uri])));
    return { ...message, result: { ...message.result, [list.key]: kept } };
  }
}
