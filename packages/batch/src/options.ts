import { z } from "zod";

const pattern = z.string().min(1).max(128).meta({ names: "tools" });
const patterns = z.array(pattern).max(1000).default([]);

export const batchOptions = z.strictObject({
  allow: patterns.describe(
    "Tools that are not read-only and may be called all the same: names, `*` for any characters",
  ),
  deny: patterns.describe("Tools that may not be called, whatever they are; wins over `allow`"),
  maxCalls: z.int().min(1).max(1000).default(100).describe("Most calls in one batch"),
  concurrency: z
    .int()
    .min(1)
    .max(256)
    .default(8)
    .describe("Read-only calls that run at a time, where the caller does not say"),
  maxConcurrency: z.int().min(1).max(256).default(32).describe("Most that a caller may ask for"),
  maxRunning: z.int().min(1).max(10_000).default(64).describe("Calls that run at a time in all batches together"),
  timeoutMs: z
    .int()
    .min(1)
    .max(3_600_000)
    .default(45_000)
    .describe("When a batch returns with what is finished, in milliseconds; clients give up after 60 s"),
  callTimeoutMs: z.int().min(1).max(3_600_000).default(30_000).describe("Longest time of one call, in milliseconds"),
  maxChars: z
    .int()
    .min(1000)
    .max(10_000_000)
    .default(30_000)
    .describe("Most characters of all results of a batch together; larger ones are cut, with a notice"),
  maxBlobBytes: z
    .int()
    .min(0)
    .max(100_000_000)
    .default(250_000)
    .describe("Most bytes of all images, audio and binary blocks of a batch together"),
  detach: z
    .boolean()
    .default(true)
    .describe("Whether callers may detach batches; adds the tools `batch_status` and `batch_cancel`"),
  detachedTimeoutMs: z
    .int()
    .min(1)
    .max(86_400_000)
    .default(1_800_000)
    .describe("Longest time of a detached batch, in milliseconds"),
  keepMs: z
    .int()
    .min(1000)
    .max(86_400_000)
    .default(600_000)
    .describe("How long a finished detached batch can be asked for, in milliseconds"),
  maxJobs: z.int().min(1).max(10_000).default(100).describe("Most detached batches that the server holds"),
  maxJobsPerPrincipal: z.int().min(1).max(1000).default(5).describe("Most detached batches that one caller holds"),
});

/** The options, checked, with their defaults. */
export type BatchOptions = z.output<typeof batchOptions>;
