// Builds lib/esm and lib/cjs. `node build.mjs --check` builds elsewhere and compares.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const tsc = join(here, "node_modules", "typescript", "bin", "tsc");

function build(out) {
  for (const [config, folder] of [["tsconfig.json", "esm"], ["tsconfig.cjs.json", "cjs"]]) {
    execFileSync(process.execPath, [tsc, "-p", join(here, config), "--outDir", join(out, folder)], { stdio: "inherit" });
  }
  writeFileSync(join(out, "cjs", "package.json"), '{ "type": "commonjs" }\n');
}

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => relative(folder, join(one.parentPath ?? one.path, one.name)))
    .sort();
}

const fresh = mkdtempSync(join(tmpdir(), "netra-sdk-"));
try {
  build(fresh);
  if (process.argv.includes("--check")) {
    const [built, kept] = [files(fresh), files(join(here, "lib"))];
    const stale = [...new Set([...built, ...kept])].filter(
      (name) => !built.includes(name) || !kept.includes(name) || !readFileSync(join(fresh, name)).equals(readFileSync(join(here, "lib", name))),
    );
    if (stale.length > 0) {
      console.error(`lib/ is out of date: ${stale.join(", ")}. Run node build.mjs and commit lib/.`);
      process.exitCode = 1;
    }
  } else {
    rmSync(join(here, "lib"), { recursive: true, force: true });
    cpSync(fresh, join(here, "lib"), { recursive: true });
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
