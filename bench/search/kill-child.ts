// Indexes and commits until it is killed: `kill-child.ts <folder> <last step>`. Says after each step that it is committed.
import { writeSync } from "node:fs";
import { localEngine } from "@plugboard/search/engine";
import { document } from "./engines/plugboard.ts";
import { stepOf, wordOf } from "./kill-steps.ts";

const [folder = "", from = "0"] = process.argv.slice(2);
const engine = await localEngine({ folder });
const filler = "Words of a handbook that stand in every document, so that there is something to write. ".repeat(40);
for (let step = Number(from) + 1; ; step++) {
  const { put, remove } = stepOf(step);
  await engine.put(
    put.map(([id, version]) =>
      document(id, {
        title: id,
        version,
        sections: [{ anchor: "top", fragment: "", headings: [], text: `${wordOf(id, version)} ${filler}` }],
      }),
    ),
  );
  await engine.remove(remove);
  await engine.commit();
  writeSync(1, `${step}\n`);
}
