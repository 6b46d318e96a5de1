// The scenarios that every SDK passes, over a real server behind a proxy that injects faults.
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { PATIENCE_MS, startRig } from "./rig.mjs";
import { Runner } from "./runner.mjs";

const SCENARIOS = JSON.parse(readFileSync(new URL("../../spec/conformance.json", import.meta.url), "utf8"));
const HAS_SOCKET = typeof WebSocket !== "undefined";

let rig;
before(async () => { rig = await startRig(); });
after(() => rig.end());

for (const scenario of SCENARIOS) {
  const skip = scenario.tags.includes("live") && !HAS_SOCKET && "Node before 22 has no WebSocket; `live` then takes one in its options";
  test(scenario.name, { timeout: PATIENCE_MS, skip }, () => new Runner(rig).run(scenario));
}
