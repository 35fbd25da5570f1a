import type { Call } from "@plugboard/core";
import type { WorkProgress } from "../shared.ts";

const REPORT_EVERY_MS = 200;

/** Reports how far indexing is once it takes a while, one report at a time: what comes while one is on its way is left out. */
export function reporter(call: Call): (progress: WorkProgress) => void {
  let last = performance.now();
  let busy = false;
  return ({ done, total }) => {
    if (busy || performance.now() - last < REPORT_EVERY_MS) return;
    busy = true;
    void call.report({ progress: done, total, message: "looking at files" }).finally(() => {
      last = performance.now();
      busy = false;
    });
  };
}
