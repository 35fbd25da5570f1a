import { testPlugin } from "@plugboard/core/testing";
import { audit } from "../audit.ts";

testPlugin(audit, { badOption: { keep: 0 }, tools: { audit_recent: {} } });
