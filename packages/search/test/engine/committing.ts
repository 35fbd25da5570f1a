// Puts and commits until it is killed; writes the number of each commit that has returned.
import { localEngine } from "../../src/engine/local.ts";

const engine = await localEngine({ folder: process.argv[2] as string });
const known = Number((await engine.section("counter#top"))?.text.split(" ")[1] ?? 0);
const make = (id: string, text: string) => ({
  id,
  path: id,
  title: id,
  url: "",
  type: "text",
  modified: 0,
  bytes: 0,
  version: text,
  origin: "",
  stamp: "",
  metadata: {},
  cut: false,
  sections: [{ anchor: "top", fragment: "", headings: [], text }],
});
for (let edition = known + 1; ; edition += 1) {
  await engine.put([make("counter", `Edition ${edition}`), make(`d${edition % 30}`, `A walrus in edition ${edition}`)]);
  await engine.commit();
  console.log(edition);
}
