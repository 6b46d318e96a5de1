// The WebSocket example of the API reference, word for word (reference-example.js), as a page runs it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import vm from "node:vm";
import { PATIENCE_MS, startRig } from "./rig.mjs";

const EXAMPLE = readFileSync(new URL("reference-example.js", import.meta.url), "utf8");
const skip = typeof WebSocket === "undefined" && "Node before 22 has no WebSocket";

let rig;
before(async () => { rig = await startRig(); });
after(() => rig.end());

test("the example of the reference asks, follows and shows the result", { timeout: PATIENCE_MS, skip }, async () => {
  const said = [];
  const { host } = new URL(rig.direct_url);
  await new Promise((resolve, reject) => {
    const log = (...words) => {
      said.push(words);
      if (String(words[0]).startsWith("Connection closed")) resolve();
      if (words[0] === "Optimization complete:") vm.runInContext("ws.close(1000)", page);
    };
    const page = vm.createContext({
      localStorage: { getItem: (name) => (name === "jwt_token" ? rig.users.ada.access_token : null) },
      // What the example names is this test's server.
      WebSocket: class extends WebSocket {
        constructor(url) {
          assert.match(url, /^ws:\/\/localhost:8000\/ws\?token=/);
          super(url.replace("localhost:8000", host));
        }
      },
      console: { log, error: (...words) => reject(new Error(words.join(" "))) },
    });
    vm.runInContext(EXAMPLE, page);
  });
  assert.equal(said[0][0], "Connected to Netra WebSocket");
  assert.ok(said.some(([line]) => /^Agent \w+: ./.test(line)));
  const [, result] = said.find(([line]) => line === "Optimization complete:");
  assert.ok(result.report.length > 0);
  assert.match(said.at(-1)[0], /^Connection closed: 1000/);
});
