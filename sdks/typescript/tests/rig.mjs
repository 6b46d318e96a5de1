// A real server behind a proxy that injects faults; see sdks/tools/rig.py.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { Netra } from "../lib/esm/index.js";

/** Bounds a test that hangs; no test passes or fails by it on a slow machine. */
export const PATIENCE_MS = 180_000;

export async function startRig() {
  const tools = fileURLToPath(new URL("../../tools/rig.py", import.meta.url));
  const child = spawn(process.env.NETRA_TEST_PYTHON ?? "python3", [tools], { stdio: ["pipe", "pipe", "inherit"] });
  const places = await new Promise((resolve, reject) => {
    createInterface(child.stdout).once("line", (line) => resolve(JSON.parse(line)));
    child.once("exit", () => reject(new Error("the rig did not start")));
  });
  return new Rig(places, child);
}

class Rig {
  constructor(places, child) {
    Object.assign(this, places);
    this.child = child;
  }

  async control(method, path, body) {
    const answer = await fetch(this.control_url + path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return answer.json();
  }

  /** Replaces the faults of the proxy and empties its log. */
  faults(...list) {
    return this.control("POST", "/faults", list);
  }

  async requests(method, path) {
    return (await this.control("GET", "/log")).filter((one) => one.method === method && one.path === path);
  }

  restart(how = "kill") {
    return this.control("POST", "/restart", { how });
  }

  client(options = {}) {
    return new Netra({ apiKey: this.keys.all, baseUrl: this.base_url, timeoutMs: PATIENCE_MS, ...options });
  }

  signedIn(options = {}) {
    const { email, password } = this.users.ada;
    return Netra.signIn({ email, password, baseUrl: this.base_url, timeoutMs: PATIENCE_MS, ...options });
  }

  ask(client) {
    return client.agent.execute({ message: "20 % cheaper", workload_id: this.workload_id });
  }

  async end() {
    this.child.stdin.end();
    await new Promise((resolve) => this.child.once("exit", resolve));
  }
}

export function callOf(n) {
  return {
    id: `js-${n}`, timestamp: new Date(Date.UTC(2026, 9, 1) + (n % 86_400) * 1_000).toISOString(),
    model: "gpt-4o", input_tokens: 900, output_tokens: 90, feature: "chat",
  };
}

export async function seqsOf(events) {
  const found = [];
  for await (const event of events) found.push(event.seq);
  return found;
}
