// The README and the guide: installed by the README's line from what a clone has, each block run against `netra demo`.
import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PATIENCE_MS } from "./rig.mjs";

const PYTHON = process.env.NETRA_TEST_PYTHON ?? "python3";
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const README = readFileSync(join(ROOT, "sdks/typescript/README.md"), "utf8");
const GUIDE = readFileSync(join(ROOT, "docs/sdks.md"), "utf8");
const blocksOf = (text, kind) => [...text.matchAll(new RegExp(`\`\`\`${kind}\n(.*?)\`\`\``, "gs"))].map((found) => found[1]);
const run = promisify(execFile);

let folder;
let demo;
let env;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "netra-newcomer-"));
  clone("sdks/typescript");
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  const [line] = blocksOf(README, "").map((one) => one.trim());
  assert.match(line, /^npm install \S+$/);
  const npm = [join(ROOT, "sdks/tools/node.py"), ...line.split(" "), "--offline", "--no-audit", "--no-fund"];
  await run(PYTHON, npm, { cwd: folder });
  demo = spawn(PYTHON, [join(ROOT, "sdks/tools/demo.py")], { stdio: ["pipe", "pipe", "inherit"] });
  const offered = await new Promise((resolve, reject) => {
    createInterface(demo.stdout).once("line", (one) => resolve(JSON.parse(one)));
    demo.once("exit", () => reject(new Error("the demo did not start")));
  });
  env = { ...process.env, NETRA_BASE_URL: offered.base_url, NETRA_API_KEY: offered.api_key };
});

after(async () => {
  demo?.stdin.end();
  if (demo !== undefined && demo.exitCode === null) await new Promise((resolve) => demo.once("exit", resolve));
  rmSync(folder, { recursive: true });
});

/** Copies what git has of a folder to `netra/` beside the program, as in a fresh clone. */
function clone(name) {
  const files = execFileSync("git", ["ls-files", "-z", name], { cwd: ROOT, encoding: "utf8" }).split("\0").filter((one) => one !== "");
  assert.ok(files.length > 20);
  for (const file of files) {
    const to = join(folder, "netra", file);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(ROOT, file), to);
  }
}

for (const [number, code] of [...blocksOf(GUIDE, "js"), ...blocksOf(README, "js")].entries()) {
  test(`block ${number} runs in a program that installed the SDK`, { timeout: PATIENCE_MS }, async () => {
    writeFileSync(join(folder, `block${number}.mjs`), code);
    const { stdout } = await run(process.execPath, [`block${number}.mjs`], { cwd: folder, env });
    assert.match(stdout, code.includes("report") ? /50 calls/ : /sent: 1/);
    assert.ok(code.trim().split("\n").length <= 15);
  });
}

test("there is nothing but what runs", () => {
  assert.equal(blocksOf(GUIDE, "js").length, 1);
  assert.equal(blocksOf(README, "ts").length, 0);
});
