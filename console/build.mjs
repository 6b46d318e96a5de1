// Builds the page into src/netra/entrypoints/http/console, and the report that is one file into
// src/netra/entrypoints/reports/report.html. `node build.mjs --check` builds elsewhere and compares.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "..");
const kept = join(root, "src", "netra", "entrypoints", "http", "console");
const report = join(root, "src", "netra", "entrypoints", "reports", "report.html");
/** What decides the built bytes. tests/architecture/test_console.py hashes the same files. */
const SOURCES = ["console/src", "console/index.html", "console/vite.config.ts", "console/svelte.config.js", "console/build.mjs", "console/package.json", "console/package-lock.json", "sdks/typescript/src"];
/** Packages whose code is in the built files. */
const BUNDLED = ["svelte", "esm-env", "clsx", "uplot"];

function files(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))
    .sort();
}

/** The SHA-256 over the name and SHA-256 of every source, in the order of their names. */
function sourcesHash() {
  const lines = SOURCES.flatMap((one) => (/\.[a-z]+$/.test(one) ? [join(root, one)] : files(join(root, one))))
    .map((path) => [relative(root, path).split(sep).join("/"), createHash("sha256").update(readFileSync(path)).digest("hex")])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hash]) => `${hash}  ${name}\n`);
  return createHash("sha256").update(lines.join("")).digest("hex");
}

function licences() {
  return BUNDLED.filter((name) => existsSync(join(here, "node_modules", name)))
    .map((name) => {
      const folder = join(here, "node_modules", name);
      const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const text = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
      const body = text === undefined ? "" : readFileSync(join(folder, text), "utf8").trim();
      return `${name} ${version} (${license})\n\n${body}\n`;
    })
    .join(`\n${"-".repeat(78)}\n\n`);
}

const policyHash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** One page with its script and style inside. Netra puts the title, the words and the content where the comments are. */
async function reportPage(out) {
  const output = { format: "iife", entryFileNames: "report.js", assetFileNames: "report.[ext]", codeSplitting: false };
  await build({
    root: here, logLevel: "warn",
    build: { outDir: out, emptyOutDir: true, cssCodeSplit: false, rolldownOptions: { input: join(here, "src", "report", "main.ts"), output } },
  });
  const script = readFileSync(join(out, "report.js"), "utf8").trim().replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
  const style = readFileSync(join(out, "report.css"), "utf8").trim();
  const policy = [
    "default-src 'none'", `script-src ${policyHash(script)}`, `style-src ${policyHash(style)}`, "base-uri 'none'", "form-action 'none'",
    "require-trusted-types-for 'script'", "trusted-types svelte-trusted-html",
  ].join("; ");
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    "<title><!--title--></title>",
    `<style>${style}</style>`,
    '</head><body><div id="app"></div>',
    "<noscript><pre><!--words--></pre></noscript>",
    '<script type="application/json" id="content"><!--content--></script>',
    `<script>${script}</script>`,
    "</body></html>\n",
  ].join("\n");
}

/** Screens that share a file: compressed together they are smaller than apart. */
const codeSplitting = {
  includeDependenciesRecursively: false,
  groups: [
    { name: "around", test: /src\/screens\/(account|audit|calls|health|history|keys|settings)\// },
    { name: "answers", test: /src\/(screens\/(ask|result|what-if|realised)|lib\/answer)\// },
    { name: "parts", test: /src\/lib\/(ui|format|charts\/(stacking|Legend)|selection)/ },
  ],
};

async function make(out, page) {
  await build({ root: here, logLevel: "warn", build: { outDir: out, emptyOutDir: true, rolldownOptions: { output: { codeSplitting } } } });
  writeFileSync(join(out, "LICENSES.txt"), licences());
  const hash = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");
  const built = Object.fromEntries(files(out).map((path) => [relative(out, path).split(sep).join("/"), hash(path)]));
  writeFileSync(join(out, "manifest.json"), `${JSON.stringify({ sources: sourcesHash(), report: createHash("sha256").update(page).digest("hex"), built }, null, 1)}\n`);
}

process.chdir(here); // names of style scopes are made of paths relative to here
const fresh = mkdtempSync(join(tmpdir(), "netra-console-"));
try {
  const page = await reportPage(join(fresh, "report"));
  const out = join(fresh, "console");
  await make(out, page);
  if (process.argv.includes("--check")) {
    const names = (folder) => files(folder).map((path) => relative(folder, path));
    const [now, then] = [names(out), names(kept)];
    const stale = [...new Set([...now, ...then])].filter(
      (name) => !now.includes(name) || !then.includes(name) || !readFileSync(join(out, name)).equals(readFileSync(join(kept, name))),
    );
    if (!existsSync(report) || readFileSync(report, "utf8") !== page) stale.push("report.html");
    if (stale.length > 0) {
      console.error(`the built page is out of date: ${stale.join(", ")}. Run node build.mjs in console/ and commit what it writes.`);
      process.exitCode = 1;
    }
  } else {
    rmSync(kept, { recursive: true, force: true });
    cpSync(out, kept, { recursive: true });
    writeFileSync(report, page);
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
