import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes after collecting garbage: of this thread's heap and all buffers outside of it, and of the whole process. */
export function usage(): { heap: number; rss: number } {
  for (let round = 0; round < 3; round++) collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  // `external` holds the array buffers already.
  return { heap: heapUsed + external, rss };
}
