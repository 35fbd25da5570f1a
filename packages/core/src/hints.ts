/**
 * The annotations of a tool that only reads what this server has: calls may run in parallel and be repeated, and reach no
 * other service (a tool that asks one says `{ ...READ_ONLY, openWorldHint: true }`).
 */
export const READ_ONLY = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
} as const;

/** The `_meta` of a tool whose answer may be another one at any moment: no cache keeps its results. */
export const LIVE = { "dev.plugboard/cache": "no-store" } as const;
