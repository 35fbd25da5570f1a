import { rename, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { find } from "../src/find.ts";
import type { FindOptions, Resume } from "../src/find.ts";
import { Scanners } from "../src/scan/sessions.ts";
import { folder, logs } from "./read/folder.ts";

it("goes on in an older file from its end, where the one in which it stopped was renamed meanwhile", async () => {
  await using place = await folder();
  await writeFile(place.at("app.log.1"), "old hit\nold\nold hit too\n");
  await writeFile(place.at("app.log"), "hit\n");
  const source = await logs(place.path);
  const { logs: listed } = await source.list();
  const scanners = new Scanners({ max: 1 });
  const search = (from?: ReadonlyMap<string, Resume>) => {
    const options: FindOptions = {
      query: { pattern: { kind: "text", source: "hit", ignoreCase: false } },
      limit: 1,
      newestFirst: true,
      context: 0,
      maxLineBytes: 1_000,
      ms: 5_000,
      take: () => true,
      ...(from && { from }),
      signal: new AbortController().signal,
    };
    return find(source, listed, scanners, options);
  };
  try {
    const first = await search();
    expect(first.hits.map(({ line }) => line.text)).toEqual(["hit"]);
    await rename(place.at("app.log"), place.at("app.log.0"));
    const second = await search(first.next);
    expect(second.hits.map(({ line }) => line.text)).toEqual(["old hit too"]);
    expect(second.skipped).toEqual(["app.log was rotated away meanwhile."]);
  } finally {
    await scanners.close();
  }
});
