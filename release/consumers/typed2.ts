import { McpServer } from "@modelcontextprotocol/server";
import { attachTo } from "./typed.js";

export const server: McpServer = attachTo(new McpServer({ name: "typed", version: "1.0.0" }));
