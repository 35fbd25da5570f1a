import { spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { temporary } from "./temp.ts";

const server = `
  process.stdin.once("data", (data) => process.stdout.write("read " + data));
  process.on("SIGTERM", () => process.exit(7));
  process.stdout.write("args " + process.argv.slice(2).join(" ") + "\\n");
`;

test("the server has the streams, the arguments, the signals and the exit code of `npm start`", async () => {
  const file = join(temporary({ "server.mjs": server }), "server.mjs");
  const start = pathToFileURL(join(import.meta.dirname, "..", "start.mjs")).href;
  const source = `import { serve } from ${JSON.stringify(start)};
    process.exitCode = await serve(${JSON.stringify(file)}, ["--search", "a b"]);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["pipe", "pipe", "inherit"] });
  const closed = new Promise((resolve) => child.once("close", resolve));
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (output.endsWith("a b\n")) child.stdin.write("input\n");
    if (output.endsWith("input\n")) child.kill("SIGTERM");
  });
  expect(await closed).toBe(7);
  expect(output).toBe("args --search a b\nread input\n");
});
