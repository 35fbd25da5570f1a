import { LineParser } from "../../packages/logtail/src/format/parser.ts";
import { Summary } from "../../packages/logtail/src/summary/summary.ts";
import { texts } from "./summary.ts";
const name = process.argv[2]!; const t0 = texts(40_000);
const text = t0[name]!;
for (let r = 0; r < 30; r++) { const parser = new LineParser({ zone: "UTC" }); const s = new Summary(); let at = 0; for (let p = 0; p < text.length;) { let e = text.indexOf("\n", p); if (e < 0) e = text.length; s.add(parser.head(text.slice(p, e)), at++); p = e + 1; } }
