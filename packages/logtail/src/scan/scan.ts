import type { ByteSource } from "./bytes.ts";
import type { Control } from "./control.ts";
import type { Query } from "./query.ts";
import type { Part } from "./types.ts";

/** What is scanned for what, in the thread that does it. */
export interface Scan<Limits> {
  readonly source: ByteSource;
  readonly part: Part;
  readonly query: Query;
  readonly limits: Limits;
  readonly control: Control;
}
