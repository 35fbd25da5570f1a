import { definePlugin, LIVE, READ_ONLY } from "@plugboard/core";
import { z } from "zod";
import { type Count, Tally } from "./tally.ts";

export const templateOptions = z.strictObject({
  maxTools: z
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .describe("Most tools that are counted by name; calls of further tools are counted together"),
});

const countsSchema = z.object({
  tools: z.array(
    z.object({
      name: z.string().describe("The tool; `*` stands for all that are not counted by name"),
      calls: z.int().describe("Calls that have ended"),
      errors: z.int().describe("Those of them that ended with an error"),
    }),
  ),
});

const line = ({ name, calls, errors }: Count) => `${name}: called ${calls}, failed ${errors}`;

/** Counts the calls of every tool of a server, and gives the counts to the model with the tool `template_count`. */
export const template = definePlugin({
  name: "template",
  options: templateOptions,
  setup(host, options) {
    const tally = new Tally(options.maxTools);

    host.use(async function template(call, next) {
      const result = await next();
      tally.add(call.tool, result.isError === true);
      return result;
    });

    host.tool(
      "template_count",
      {
        title: "Count calls",
        description: "How often each tool of this server has been called since it started, and how often that failed.",
        outputSchema: countsSchema,
        text: ({ tools }) => tools.map(line).join("\n") || "No calls yet.",
        annotations: READ_ONLY,
        // The counts change with every call, so a cache must not keep them.
        _meta: LIVE,
      },
      () => ({ tools: tally.counts() }),
    );

    return { stats: () => tally.totals() };
  },
});
