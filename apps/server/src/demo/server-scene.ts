import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { check, type Scene } from "./stage.ts";

const READER = "demo-token-of-a-reader";
const OPERATOR = "demo-token-of-an-operator";

export const guarding: Scene = {
  plugin: "server",
  title: "The composed server: a token decides which tools there are, and a result survives a connection that breaks",
  async run({ transcript, serve, folder, source }) {
    await using server = await serve({
      http: {
        port: 0,
        auth: {
          tokens: [
            { name: "reader", token: READER, scopes: ["docs"] },
            { name: "operator", token: OPERATOR, scopes: ["docs", "weather"] },
          ],
          scopes: { docs: ["search", "fetch"], weather: ["forecast"] },
        },
      },
      plugins: { batch: false, search: { roots: [folder] }, weather: { plugin: source } },
    });
    const namesFor = async (client: Client): Promise<string> =>
      (await client.listTools()).tools.map(({ name }) => name).join(", ");

    const reader = await server.connect(READER);
    transcript.say(`  For the reader:   ${await namesFor(reader)}`);
    const refused = await reader.callTool({ name: "forecast", arguments: { city: "Oslo" } }).then(
      () => "",
      (error: unknown) => /"message":"(.*?[^\\])"/.exec((error as Error).message)?.[1] ?? "",
    );
    check(refused.includes("weather"), "a call without its scope was let through");
    transcript.quote(refused);

    let broken = 0;
    const operator = await server.connect(OPERATOR, async (url, init) => {
      const response = await fetch(url, init);
      const calls = typeof init?.body === "string" && init.body.includes("tools/call");
      if (!calls || broken > 0) return response;
      broken++;
      return breaking(response);
    });
    transcript.say(`  For the operator: ${await namesFor(operator)}`);
    const { text } = await transcript.call(operator, "forecast", { city: "Oslo" });
    check(broken === 1, "the connection did not break");
    transcript.say(`  The connection broke while the call ran. The client came back, and got: ${text}`);
  },
};

/** The same response, whose connection breaks after the first event. */
function breaking(response: Response): Response {
  const reader = response.body?.getReader();
  let chunks = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = chunks++ === 0 ? await reader?.read() : undefined;
      if (next?.value) return controller.enqueue(next.value);
      await reader?.cancel();
      controller.error(new Error("the connection broke"));
    },
  });
  return new Response(body, { status: response.status, headers: response.headers });
}
