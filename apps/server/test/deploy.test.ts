import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { matcher } from "@plugboard/core";
import { CORE_SCHEMA, load, loadAll, mergeTag } from "js-yaml";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createAuthenticator } from "../src/auth/authenticator.ts";
import { CONFIG_VARIABLE, sources, STATE_VARIABLE } from "../src/config/settings.ts";
import { readEnvironment } from "../src/config/env.ts";
import { settle } from "../src/config/settle.ts";
import { DEFAULT } from "../src/config/layers.ts";
import { composePlugins } from "../src/plugins/compose.ts";
import { createLog } from "../src/serve/log.ts";
import { connectInMemory, serverFactory } from "../src/serve/server.ts";
import { send, serve } from "./http.ts";

const deploy = join(import.meta.dirname, "..", "..", "..", "examples", "deploy");
const read = (name: string): string => readFileSync(join(deploy, name), "utf8");

interface Probe {
  readonly httpGet: { path: string; port: string; httpHeaders: { name: string; value: string }[] };
}
interface Pod {
  terminationGracePeriodSeconds: number;
  containers: {
    ports: { name: string; containerPort: number }[];
    startupProbe: Probe;
    livenessProbe: Probe;
    readinessProbe: Probe;
    lifecycle: { preStop: { exec: { command: string[] } } };
  }[];
}
interface Compose {
  services: Record<string, { stop_grace_period?: string; environment?: Record<string, string>; volumes?: string[] }>;
}

const [configMap, deployment, service] = loadAll(read("kubernetes.yaml")) as [
  { data: { "plugboard.json": string } },
  { spec: { template: { spec: Pod } } },
  { spec: { ports: { targetPort: string }[] } },
];
const compose = load(read("compose.yaml"), { schema: CORE_SCHEMA.withTags(mergeTag) }) as Compose;
const pod = deployment.spec.template.spec;
const [container] = pod.containers as [Pod["containers"][number]];
const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];

const configs: Record<string, string> = {
  "plugboard.json": read("plugboard.json"),
  "kubernetes.yaml": configMap.data["plugboard.json"],
};
const VARIABLES = {
  MCP_HOST: "mcp.example.com",
  MCP_TOKEN_HASH: `sha256:${"0".repeat(64)}`,
  REDIS_URL: "redis://127.0.0.1:6379",
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plugboard-deploy-"));
  for (const name of ["docs", "logs"]) mkdirSync(join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function settled(name: string) {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, configs[name] ?? "");
  const flags = { file, http: false, stdio: false, values: {}, origin: () => DEFAULT };
  return settle(flags, readEnvironment(VARIABLES, folder), folder);
}

describe.each(Object.keys(configs))("the configuration in %s", (name) => {
  test("is accepted, and so are its plugins, scopes and tokens", async () => {
    const { http, ...config } = settled(name);
    if (!http?.auth) throw new Error("it has no `http.auth`");
    const { plugin, names, notes } = await composePlugins({ ...config, http });
    const client = await connectInMemory(serverFactory(config, plugin));
    const { resourceTemplates } = await client.listResourceTemplates();
    await client.close();
    await plugin.dispose();
    expect(notes).toEqual([]);
    for (const pattern of Object.values(http.auth.scopes ?? {}).flat())
      if (pattern.includes(":"))
        expect(resourceTemplates.some((one) => matcher([pattern])(one.uriTemplate))).toBe(true);
    expect(names).toEqual(expect.arrayContaining(["core", "cache", "ratelimit", "search"]));
    expect(createAuthenticator(http.auth, { url: http.publicUrl ?? "" }, createLog("silent"))).toBeDefined();
    expect(http).toMatchObject({ port: 3333, host: "0.0.0.0", publicUrl: "https://mcp.example.com/mcp" });
    expect(http.allowedHosts).toEqual(["mcp.example.com"]);
  });

  test("leaves time to stop", () => {
    const { shutdownMs, disposeMs } = settled(name);
    const seconds = (shutdownMs + 2 * disposeMs) / 1000;
    const [, pause] = container.lifecycle.preStop.exec.command as [string, string];
    if (name === "kubernetes.yaml") expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(seconds + Number(pause));
    else {
      for (const one of ["plugboard-1", "plugboard-2"])
        expect(Number.parseInt(compose.services[one]?.stop_grace_period ?? "0", 10)).toBeGreaterThan(seconds);
      expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(read("plugboard.service"))?.[1])).toBeGreaterThan(seconds);
    }
  });
});

test("ports are the one of the configuration", () => {
  expect(read("Dockerfile")).toMatch(/^EXPOSE 3333$/m);
  expect(read("Dockerfile")).toContain("http://127.0.0.1:3333/healthz");
  expect(container.ports).toEqual([{ name: "http", containerPort: 3333 }]);
  expect([...probes.map(({ httpGet }) => httpGet.port), service.spec.ports[0]?.targetPort]).toEqual(
    Array(4).fill("http"),
  );
  expect(read("Caddyfile")).toContain("reverse_proxy plugboard-1:3333 plugboard-2:3333");
  expect(Object.keys(compose.services)).toEqual(["plugboard-1", "plugboard-2", "redis", "caddy"]);
});

test("paths and hosts of the health checks are answered by the server, and the paths that Caddy lets through exist", async () => {
  await using serving = await serve({ auth: { oauth: { issuer: "https://issuer.example.com" } } });
  const ask = async (path: string, host: string): Promise<number> => {
    const Host = host.replace("3333", String(serving.front.port));
    return (await send(serving.front.port, { method: "GET", path, headers: { Host } })).status;
  };
  for (const { httpGet } of probes) {
    const [header] = httpGet.httpHeaders;
    await vi.waitFor(async () => expect(await ask(httpGet.path, header?.value ?? "")).toBe(200));
  }
  const caddy = read("Caddyfile");
  expect(await ask(/health_uri (\S+)/.exec(caddy)?.[1] ?? "", /Host (\S+)/.exec(caddy)?.[1] ?? "")).toBe(200);
  expect(await ask("/healthz", "127.0.0.1:3333")).toBe(200);
  const [endpoint, ...documents] = /@mcp path (.+)/.exec(caddy)?.[1]?.split(" ") ?? [];
  expect(await ask(endpoint ?? "", "localhost:3333")).toBe(401);
  for (const path of documents) expect(await ask(path, "localhost:3333")).toBe(200);
});

test("the variables exist, and those of the configuration are set", () => {
  const known = [CONFIG_VARIABLE, STATE_VARIABLE, ...Object.values(sources).flatMap(({ env }) => env ?? [])];
  for (const name of ["Dockerfile", "compose.yaml", "plugboard.service", "kubernetes.yaml"])
    for (const [variable] of read(name).matchAll(/\bPLUGBOARD_(?!VERSION\b)[A-Z_]+/g))
      expect(known).toContain(variable);
  const used = [...read("plugboard.json").matchAll(/\$\{(\w+)\}/g)].map(([, variable]) => variable ?? "");
  expect(Object.keys(compose.services["plugboard-1"]?.environment ?? {})).toEqual(expect.arrayContaining(used));
  for (const variable of used) expect(read("plugboard.service")).toContain(variable);
});

test("the unit does not start again what cannot start, and runs as nobody in particular", () => {
  const unit = read("plugboard.service").split("\n");
  expect(unit).toEqual(
    expect.arrayContaining([
      "Restart=on-failure",
      "RestartPreventExitStatus=2",
      "KillSignal=SIGTERM",
      "DynamicUser=yes",
      "NoNewPrivileges=yes",
    ]),
  );
  expect(unit.find((line) => line.startsWith("ExecStart="))).toContain("@plugboard/server/dist/main.js");
  expect(read("Dockerfile")).toMatch(/^USER node$/m);
  expect(read("Dockerfile")).toContain('"/opt/plugboard/node_modules/@plugboard/server/dist/main.js"');
});
