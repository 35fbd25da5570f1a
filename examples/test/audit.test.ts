import { testPlugin } from "@plugboard/core/testing";
import { audit } from "../audit.ts";
import { describe, it } from "vitest";

testPlugin(audit, { describe, it, badOption: { keep: 0 }, tools: { audit_recent: {} } });
