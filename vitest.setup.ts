import { afterEach, vi } from "vitest";

// What `vitest.config.ts` has put back before each test is put back after the last test of a file too: the next file of its
// worker may do something before its first test.
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});
