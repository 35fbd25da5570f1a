import { composePlugins } from "../plugins/compose.ts";
import type { ListedTool } from "../serve/server.ts";
import type { Flags } from "./flags.ts";
import { columns, type Output, styles } from "./output.ts";
import { prepare } from "./prepare.ts";
import { tokensOf } from "./tokens.ts";

interface Cost {
  readonly name: string;
  readonly summary: string;
  readonly description: number;
  readonly inputSchema: number;
  readonly outputSchema: number;
}

const ESTIMATE = "estimated: one token for each 4 bytes of name, description and input schema";

/** `plugboard tools`: what the server offers, and what a client's model has to read of it. */
export async function showTools(
  { flags, json }: { readonly flags: Flags; readonly json: boolean },
  output: Output,
): Promise<number> {
  const { config } = prepare(flags, "warn");
  const { plugin, tools } = await composePlugins(config);
  try {
    const costs = tools.map(costOf);
    const total = sum(costs, ({ description, inputSchema }) => description + inputSchema);
    const outputSchemas = sum(costs, ({ outputSchema }) => outputSchema);
    const report = { tools: costs, tokens: { total, outputSchemas, estimate: ESTIMATE } };
    output.out(json ? `${JSON.stringify(report, null, 2)}\n` : table(costs, total, outputSchemas, output));
    return 0;
  } finally {
    await plugin.dispose();
  }
}

function costOf({ name, summary, description, inputSchema, outputSchema }: ListedTool): Cost {
  return {
    name,
    summary,
    description: tokensOf(name + description),
    inputSchema: tokensOf(JSON.stringify(inputSchema)),
    outputSchema: outputSchema === undefined ? 0 : tokensOf(JSON.stringify(outputSchema)),
  };
}

function table(costs: readonly Cost[], total: number, outputSchemas: number, output: Output): string {
  const { bold, dim } = styles(output.outIsTerminal);
  const right = (count: number | string, width: number): string => String(count).padStart(width);
  const [head = "", ...lines] = columns([
    ["Tool", "Description", "Arguments", "What it does"],
    ...costs.map(({ name, summary, description, inputSchema }) => [
      name,
      right(description, 11),
      right(inputSchema, 9),
      summary,
    ]),
  ]);
  const more =
    outputSchemas === 0 ? "" : `; with output schemas, which some clients show it too, ${total + outputSchemas}`;
  return [
    bold(head),
    ...lines,
    "",
    `Every client's model reads ${bold(`about ${total} tokens`)} for these ${costs.length} tools${more}.`,
    dim(`(${ESTIMATE})`),
    "",
  ].join("\n");
}

const sum = (costs: readonly Cost[], of: (cost: Cost) => number): number =>
  costs.reduce((total, cost) => total + of(cost), 0);
