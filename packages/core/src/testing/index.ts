export { testPlugin, type PluginCase } from "./suite.ts";
export { type CallOptions, installedLines, type SdkLine, sdkLine, type TestClient, type TestServer } from "./lines.ts";
export { type TestRunner } from "./runner.ts";
