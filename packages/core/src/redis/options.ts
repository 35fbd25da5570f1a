import { z } from "zod";

/** What plugins with a Redis have in their options; each extends it by its own. */
export const redisOptions = z.strictObject({
  redis: z
    .url({ protocol: /^(rediss?|unix)$/ })
    .describe("`redis://`, `rediss://` or `unix://`, with user, password and database where there are any"),
  prefix: z
    .string()
    .regex(/^[^{}\s]{1,64}$/, "1 to 64 characters without spaces and braces")
    .default("plugboard")
    .describe("How all keys and channels begin"),
  timeoutMs: z
    .int()
    .min(10)
    .max(30_000)
    .default(500)
    .describe("Longest time of connecting, and of one command, in milliseconds"),
});
