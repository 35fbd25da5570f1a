// Search over a folder and over rows of a database in one index. Run it: npx tsx document-search.ts <folder>
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { batch } from "@plugboard/batch";
import { compose, core } from "@plugboard/core";
import { progress } from "@plugboard/progress";
import { search } from "@plugboard/search";

/** Stands for a table of tickets in a database. */
const tickets = [
  {
    id: 17,
    title: "Invoices arrive twice",
    body: "The queue delivers at least once, and nobody checks.",
    state: "open",
  },
  { id: 23, title: "Login fails on Mondays", body: "The certificate was renewed, the proxy was not.", state: "closed" },
];

const docs = search({
  roots: [process.argv[2] ?? "."],
  sources: [
    {
      name: "tickets",
      refreshMs: 60_000,
      load: async () =>
        tickets.map(({ id, title, body, state }) => ({
          id: String(id),
          url: `https://tickets.example/${id}`,
          text: `# ${title}\n\n${body}`,
          metadata: { state },
        })),
    },
  ],
});

const server = new McpServer({ name: "handbook", version: "1.0.0" });
compose([core(), progress(), batch(), docs]).attach(server);
await server.connect(new StdioServerTransport());
