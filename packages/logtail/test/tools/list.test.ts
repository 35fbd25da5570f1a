import { mkdir, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { folder } from "../read/folder.ts";
import { lines, serve } from "./serve.ts";

it("lists the logs with what they are", async () => {
  await using place = await folder();
  await mkdir(place.at("web"));
  await writeFile(
    place.at("app.log"),
    lines(30, () => "INFO x"),
  );
  await writeFile(place.at("app.log.1"), "old\n");
  await writeFile(place.at("app.log.2.gz"), gzipSync("older\n"));
  await writeFile(
    place.at("web/access.log"),
    '1.2.3.4 - - [22/Nov/2020:10:00:00 +0000] "GET / HTTP/1.1" 200 5\n'.repeat(5),
  );
  await writeFile(place.at("json.log"), '{"level":30,"time":1763805600000,"msg":"x"}\n');
  await writeFile(place.at("empty.log"), "");
  await writeFile(place.at("note.txt"), "no log");
  await using served = await serve({ paths: [place.path] });
  const { logs, total } = await served.call("list");
  expect(total).toBe(4);
  expect(logs.map(({ name, format, size, rotated }) => [name, format, size, rotated?.files])).toEqual([
    ["app.log", "plain", 960, 2],
    ["empty.log", "empty", 0, undefined],
    ["json.log", "json", 44, undefined],
    ["web/access.log", "access", 320, undefined],
  ]);
  expect(logs[0]?.modified).toMatch(/^\d{4}-\d\d-\d\dT/);
  expect((await served.call("list", { source: "web/*" })).logs).toHaveLength(1);
  expect(await served.call("list", { limit: 1 })).toMatchObject({ total: 4, hint: expect.stringContaining("3 more") });
  expect(await served.text("list", { source: "app*" })).toMatch(
    /^app\.log {2}960 bytes, plain, changed .*, and 2 older files \(/,
  );
});

it("takes files, folders and globs, tells equal names apart, and says when there is nothing", async () => {
  await using place = await folder();
  for (const name of ["a/logs", "b/logs"]) {
    await mkdir(place.at(name), { recursive: true });
    await writeFile(place.at(`${name}/x.log`), "x\n");
  }
  await writeFile(place.at("one [1].log"), "x\n");
  await writeFile(place.at("other.log"), "x\n");
  await using served = await serve({
    paths: [place.at("a/logs"), place.at("b/*/x.*"), place.at("one [1].log"), place.at("no/such.log")],
  });
  const base = place.path.split("/").at(-1) ?? "";
  const names = (await served.call("list")).logs.map(({ name }) => name);
  expect(names).toEqual([...names].toSorted());
  expect(names.filter((name) => name.includes("x.log"))).toHaveLength(2);
  expect(names).toContain(`${base}/one [1].log`);
  expect(names.some((name) => name.includes("other"))).toBe(false);
  expect((await served.call("read", { source: `${base}/one [1].log` })).lines).toEqual(["x"]);
  await using nothing = await serve({ paths: [place.at("nothing/here")] });
  expect(await nothing.call("list")).toMatchObject({
    logs: [],
    total: 0,
    hint: expect.stringContaining("no logs yet"),
  });
  expect(await nothing.call("read")).toMatchObject({ lines: [], more: false });
  expect(await nothing.call("search", { text: "x" })).toMatchObject({ hits: [], next_cursor: null });
  expect(await nothing.call("summarize")).toMatchObject({ messages: 0, templates: [] });
});
