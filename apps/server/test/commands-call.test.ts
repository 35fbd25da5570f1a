import { describe, expect, test, vi } from "vitest";
import { held } from "./fixtures/lab.js";
import { folder } from "./folder.ts";
import { runHere } from "./here.ts";
import { serve } from "./http.ts";
import { fixtures, Program } from "./process.ts";

const TOKEN = "a-token-of-enough-letters";
const labConfig = { plugins: { [`${fixtures}/lab.js`]: {} } };

describe("call", () => {
  test("runs a tool of the configured server, with the arguments of stdin where they are `-`", async () => {
    using at = folder({ "plugboard.json": labConfig });
    await using program = new Program(["call", "lab_echo", "-"], { cwd: at.path });
    program.child.stdin.end('{"text": "hello"}');
    expect(await program.exit()).toBe(0);
    expect(program.stdout).toBe("hello\n");
    expect(program.stderr).not.toContain("%");

    const failing = await runHere(["call", "lab_fail", "--json"], { cwd: at.path });
    expect(failing.code).toBe(1);
    expect(JSON.parse(failing.stdout)).toMatchObject({
      content: [{ type: "text", text: "This always fails: try lab_echo." }],
      isError: true,
    });
  });

  test("says what is wrong with its arguments", async () => {
    using at = folder({ "plugboard.json": labConfig });
    const say = async (...args: string[]): Promise<[number, string]> => {
      const { code, stderr } = await runHere(["call", ...args], { cwd: at.path });
      return [code, stderr];
    };
    expect(await say("lab_ecko")).toEqual([2, "There is no tool `lab_ecko`. Did you mean `lab_echo`?\n"]);
    expect(await say("lab_echo")).toEqual([2, "`lab_echo` needs `text`. Its arguments: `text`.\n"]);
    expect(await say("lab_echo", "{text: 1}")).toEqual([
      2,
      expect.stringMatching(/^The arguments are not JSON: .*Quote them/),
    ]);
    expect(await say("lab_echo", "[]")).toEqual([2, expect.stringContaining("The arguments are a JSON object")]);
  });

  test("runs a tool of another server, with its token", async () => {
    await using remote = await serve({ auth: { token: TOKEN } });
    const gone = await serve();
    const closed = gone.front.port;
    await gone[Symbol.asyncDispose]();
    const { url } = remote.front;
    const nowhere = `http://127.0.0.1:${closed}/mcp`;
    const env = { PLUGBOARD_TOKEN: TOKEN };
    const known = await runHere(["call", "lab_echo", '{"text": "far"}', "--url", url], { env });
    const flag = await runHere(["call", "lab_echo", '{"text": "away"}', "--url", url, "--token", TOKEN]);
    const unknown = await runHere(["call", "lab_echo", "{}", "--url", url]);
    const nobody = await runHere(["call", "lab_echo", "{}", "--url", nowhere]);
    expect(known).toEqual({ code: 0, stdout: "far\n", stderr: "" });
    expect(flag.stdout).toBe("away\n");
    expect(unknown).toEqual({
      code: 1,
      stdout: "",
      stderr: `${url} cannot be called: it wants a token; set PLUGBOARD_TOKEN, or give \`--token\`.\n`,
    });
    expect(nobody.stderr).toContain("nothing listens there");
    expect(remote.front.sessions).toBe(0);
  });

  test("Ctrl-C cancels it on the server", async () => {
    await using remote = await serve();
    await using program = new Program(["call", "lab_hold", "--url", remote.front.url]);
    await vi.waitFor(() => expect(held).toHaveLength(1), { timeout: 10_000 });
    program.child.kill("SIGINT");
    expect(await program.exit()).toBe(130);
    expect(program.stderr).toBe("Cancelled.\n");
    const client = await remote.client();
    expect(await client.callTool({ name: "lab_aborted" })).toMatchObject({ content: [{ text: "1" }] });
    await client.close();
  });
});
