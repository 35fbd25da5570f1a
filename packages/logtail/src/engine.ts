/**
 * The engine alone, which knows nothing of MCP: reads, follows and finds lines in logs that are written, rotated and compressed.
 * @module
 */
export { source } from "./files/source.ts";
