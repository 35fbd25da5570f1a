import { expect, test } from "vitest";
import { httpSettings } from "../src/config/http-settings.ts";
import { Guard } from "../src/http/guard.ts";

const guard = new Guard(
  {
    host: "127.0.0.1",
    allowedHosts: ["mcp.example.com", "box:8080", "fe80::1"],
    allowedOrigins: ["https://app.example.com"],
  },
  3333,
);

test.each([
  "localhost:3333",
  "LOCALHOST:3333",
  "127.0.0.1:3333",
  "[::1]:3333",
  "mcp.example.com",
  "MCP.example.com:443",
  "box:8080",
  "[fe80::1]:3333",
])("Host %s is allowed", (host) => expect(guard.allowsHost(host)).toBe(true));

test.each([
  undefined,
  "",
  "localhost",
  "localhost:80",
  "127.0.0.1",
  "localhost.evil.com:3333",
  "127.0.0.1.nip.io:3333",
  "evil.com",
  "evil.com:3333",
  "localhost:3333.evil.com",
  "localhost:3333@evil.com",
  "evil.com#localhost:3333",
  "localhost.:3333",
  "0.0.0.0:3333",
  "[::]:3333",
  "[::1]",
  "[::ffff:127.0.0.1]:3333",
  "2130706433:3333",
  "0x7f.1:3333",
  "localhost:03333",
  "box",
  "box:80800",
  "a.mcp.example.com",
  "mcp.example.com.evil.com",
  "mcp.example.com:443:443",
  " localhost:3333",
])("Host %j is refused", (host) => expect(guard.allowsHost(host)).toBe(false));

test.each([
  undefined,
  "http://localhost",
  "http://localhost:6274",
  "https://127.0.0.1:8080",
  "http://[::1]:3333",
  "https://app.example.com",
  "https://APP.example.com",
])("Origin %j is allowed", (origin) => expect(guard.allowsOrigin(origin)).toBe(true));

test.each([
  "null",
  "",
  "http://evil.com",
  "http://localhost.evil.com",
  "http://127.0.0.1.nip.io",
  "http://localhost:3333@evil.com",
  "http://localhost:3333.evil.com",
  "http://evil.com/http://localhost",
  "file://localhost",
  "chrome-extension://localhost",
  "http://0.0.0.0:3333",
  "http://app.example.com",
  "https://app.example.com:8443",
  "https://app.example.com.evil.com",
  "http://localhost:6274, http://evil.com",
])("Origin %j is refused", (origin) => expect(guard.allowsOrigin(origin)).toBe(false));

test("the address that the server listens on is a name for it, a wildcard is not", () => {
  const on = (host: string, header: string, port = 3333) =>
    new Guard({ host, allowedHosts: [], allowedOrigins: [] }, port).allowsHost(header);
  expect(on("192.168.1.5", "192.168.1.5:3333")).toBe(true);
  expect(on("fd00::5", "[fd00::5]:3333")).toBe(true);
  expect(on("0.0.0.0", "0.0.0.0:3333")).toBe(false);
  expect(on("::", "[::]:3333")).toBe(false);
  expect(on("127.0.0.1", "localhost", 80)).toBe(true);
});

test.each(["x.com", "X.com:443", "192.168.1.5:80", "fe80::1", "[fe80::1]", "[fe80::1]:80", "my_box"])(
  "the settings take %s for a host",
  (host) => expect(httpSettings.parse({ allowedHosts: [host] }).allowedHosts).toEqual([host]),
);

test("the name in publicUrl is a name for it, and no other of its domain", () => {
  const settings = { host: "0.0.0.0", allowedHosts: [], allowedOrigins: [] };
  const behind = (publicUrl: string, header: string) => new Guard({ ...settings, publicUrl }, 3333).allowsHost(header);
  expect(behind("https://MCP.example.com/mcp", "mcp.example.com")).toBe(true);
  expect(behind("https://mcp.example.com/mcp", "mcp.example.com:443")).toBe(true);
  expect(behind("https://mcp.example.com:8443/mcp", "mcp.example.com:8443")).toBe(true);
  expect(behind("https://mcp.example.com:8443/mcp", "mcp.example.com")).toBe(false);
  expect(behind("https://mcp.example.com/mcp", "example.com")).toBe(false);
  expect(behind("https://mcp.example.com/mcp", "mcp.example.com.evil.com")).toBe(false);
});
