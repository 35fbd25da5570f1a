import type { Call } from "@plugboard/core";
import { z } from "zod";
import { CACHE_META } from "./policy.ts";

/** What a caller may ask for in the request's `_meta["dev.plugboard/cache"]`. */
const controlSchema = z.strictObject({
  /** Neither read nor stored. */
  bypass: z.boolean().default(false),
  /** Not read, but stored. */
  refresh: z.boolean().default(false),
  /** The oldest result that is taken, in milliseconds. */
  maxAgeMs: z.number().min(0).optional(),
});

export interface Control {
  readonly bypass: boolean;
  readonly refresh: boolean;
  readonly maxAgeMs: number;
}

const PLAIN: Control = Object.freeze({ bypass: false, refresh: false, maxAgeMs: Infinity });

/** What the caller asks for; or, where that is not understood, what is wrong with it, for the caller. */
export function controlOf({ meta }: Call): Control | { readonly wrong: string } {
  const asked = meta[CACHE_META];
  if (asked === undefined) return PLAIN;
  const parsed = controlSchema.safeParse(asked);
  if (parsed.success) return { ...parsed.data, maxAgeMs: parsed.data.maxAgeMs ?? Infinity };
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: "" };
  const field = path.length === 0 ? "" : `.${path.join(".")}`;
  return {
    wrong: `\`_meta["${CACHE_META}"]${field}\` is not understood: ${message}. It takes {"bypass": true}, {"refresh": true} or {"maxAgeMs": 60000}.`,
  };
}
