import type { SummaryOptions } from "../summary/summary.ts";
import type { Kept, Told } from "./control.ts";
import type { Query } from "./query.ts";
import type { Part, ReportOptions, SearchLimits, SearchPart, SeekOptions, SummarizeLimits } from "./types.ts";
import type { SummaryReport } from "../summary/report.ts";

/** What the main thread asks of a worker, one thing at a time. */
export type Request =
  | { readonly type: "search"; readonly part: Part; readonly query: Query; readonly limits: SearchLimits }
  | {
      readonly type: "summarize";
      readonly part: Part;
      readonly query: Query;
      readonly limits: SummarizeLimits;
      /** Of the `Claims` of the threads that do it together. */
      readonly claims?: SharedArrayBuffer;
    }
  | { readonly type: "merge"; readonly dumps: Uint8Array }
  | { readonly type: "seek"; readonly part: Part; readonly time: number; readonly options: SeekOptions }
  | { readonly type: "middle"; readonly part: Part }
  | { readonly type: "report"; readonly options: ReportOptions }
  | { readonly type: "begin"; readonly options: SummaryOptions };

/** What a worker answers: first `ready`, then for each request any number of `told` and `kept` and one `done` or `failed`. */
export type Answer =
  | { readonly type: "ready" }
  | { readonly type: "told"; readonly told: Told }
  | { readonly type: "kept"; readonly kept: Kept }
  | { readonly type: "done"; readonly result: SearchPart | Kept | SummaryReport | number | undefined }
  | { readonly type: "failed"; readonly error: unknown; readonly pattern?: PatternFault };

/** A `PatternError`, whose own class does not survive the way between threads. */
export interface PatternFault {
  readonly code: string;
  readonly message: string;
  readonly position: number | undefined;
}
