import { closeSync, openSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { fileBytes } from "../../src/scan/bytes.ts";
import { lineStart } from "../../src/scan/start.ts";
import { rulesOf } from "../../src/scan/text.ts";
import { folder } from "../read/folder.ts";

it("finds the start of a line of UTF-16 from any byte, though bytes of two characters look like a line end", async () => {
  await using place = await folder();
  const little = Buffer.from("\ufeffa\u0a41\u4100b\n\u0a41\u4100\u0a41\u4100\n", "utf16le");
  for (const [encoding, bytes] of [
    ["utf16le", little],
    ["utf16be", Buffer.from("\ufeffa\u4100\u0a41b\n\u4100\u0a41\u4100\u0a41\n", "utf16le").swap16()],
  ] as const) {
    writeFileSync(place.at("log"), bytes);
    const fd = openSync(place.at("log"), "r");
    try {
      for (let offset = 0; offset < bytes.length; offset++) {
        const start = await lineStart(fileBytes(fd), offset, 0, rulesOf(encoding));
        expect([offset, start]).toEqual([offset, offset < 12 ? 0 : 12]);
      }
    } finally {
      closeSync(fd);
    }
  }
});
