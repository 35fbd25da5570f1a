// Usage: node sdk2.cjs <package>… CommonJS that has SDK 2.
const { Client } = require("@modelcontextprotocol/client");
const { InMemoryTransport, McpServer } = require("@modelcontextprotocol/server");
const { z } = require("zod");
const { tryPackage } = require("./scenarios.mjs");

async function main() {
  for (const name of process.argv.slice(2)) {
    const module = require(`@plugboard/${name}`);
    await tryPackage(name, module, { line: 2, McpServer, Client, InMemoryTransport, z }, __dirname);
    console.log(`used ${name}`);
  }
}
void main();
