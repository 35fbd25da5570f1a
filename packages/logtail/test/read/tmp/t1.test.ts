import { appendFile, copyFile, rename, truncate, writeFile, readdir, readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { read, Reader } from "../../../src/read/reader.ts";
import { decodeCursor } from "../../../src/files/cursor.ts";
import { folder, logs } from "../folder.ts";
it("x", async () => {
  await using p = await folder();
  await writeFile(p.at("app.log"), "");
  const src = await logs(p.path);
  let state = decodeCursor((await read(src, undefined)).cursor, src.key);
  let n = 10;
  const lines = (c: number) => Array.from({ length: c }, () => `line ${n++}\n`).join("");
  const log: string[] = [];
  let writing = true;
  const w = (async () => {
    for (let r = 0; r < 5; r++) {
      for (let i = 0; i < 6; i++) await appendFile(p.at("app.log"), lines(5));
      for (let i = 20; i >= 1; i--) await rename(p.at(`app.log.${i}`), p.at(`app.log.${i + 1}`)).catch(() => 0);
      await copyFile(p.at("app.log"), p.at("app.log.1"));
      log.push("copied " + n);
      await truncate(p.at("app.log"));
      log.push("truncated " + n);
    }
    writing = false;
  })();
  const reader = new Reader(src, true);
  const got: number[] = [];
  let idle = 0;
  while (writing || idle < 3) {
    const a = await reader.read(state, { maxLines: 5000, quietMs: 500 });
    state = a.state;
    const nums = a.lines.map((l) => Number(l.text.split(" ")[1]));
    got.push(...nums);
    log.push(`read ${nums[0]}-${nums.at(-1)} n=${nums.length} more=${a.more} gaps=${a.gaps.length} pos=${a.state.positions.map((x) => `${x.id.slice(0, 4)}@${x.offset}h${x.headLength}`)} t=${state.time % 100000}`);
    if (!writing) idle++;
  }
  await w;
  await reader.close();
  const all = Array.from({ length: n - 10 }, (_, i) => 10 + i);
  const dup = got.filter((x, i) => got.indexOf(x) !== i), miss = all.filter((x) => !got.includes(x));
  if (dup.length || miss.length) { console.log(log.join("\n"), "\nDUP", dup.join(), "\nMISS", miss.join()); for (const f of await readdir(p.path)) console.log(f, (await readFile(p.at(f), "utf8")).replaceAll("\nline ", " ").slice(0,100)); }
  expect(miss).toEqual([]);
});
