"""The console's built files are those of its sources. Nothing here needs Node."""

import gzip
import hashlib
import json
from pathlib import Path

from netra.domain.workloads.model import Event

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "src/netra/entrypoints/http/console"
REPORT = ROOT / "src/netra/entrypoints/reports/report.html"
SOURCES = (  # as in console/build.mjs
    "console/src",
    "console/index.html",
    "console/vite.config.ts",
    "console/svelte.config.js",
    "console/build.mjs",
    "console/package.json",
    "console/package-lock.json",
    "sdks/typescript/src",
)
KILOBYTE = 1024


def files_under(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def compressed(names: list[Path]) -> int:
    return sum(len(gzip.compress(one.read_bytes(), mtime=0)) for one in names)


def test_the_built_page_is_built_from_these_sources() -> None:
    sources = [one for name in SOURCES for one in files_under(ROOT / name)]
    lines = sorted((one.relative_to(ROOT).as_posix(), digest(one)) for one in sources)
    found = hashlib.sha256("".join(f"{sha}  {name}\n" for name, sha in lines).encode()).hexdigest()
    manifest = json.loads((BUILT / "manifest.json").read_text())
    assert manifest["sources"] == found, "run `npm run build` in console/ and commit what it writes"


def test_no_built_file_was_changed_added_or_lost_since() -> None:
    manifest = json.loads((BUILT / "manifest.json").read_text())
    built = {one.relative_to(BUILT).as_posix(): digest(one) for one in files_under(BUILT)}
    del built["manifest.json"]
    assert built == manifest["built"]
    assert digest(REPORT) == manifest["report"]


def test_the_page_is_small() -> None:
    first = [BUILT / "assets" / one for one in scripts_of((BUILT / "index.html").read_text())]
    assert compressed(first) <= 60 * KILOBYTE
    assert compressed(sorted(BUILT.rglob("*.js"))) <= 150 * KILOBYTE
    assert compressed(sorted(BUILT.rglob("*.css"))) <= 15 * KILOBYTE


def test_the_report_of_one_file_is_small() -> None:
    assert compressed([REPORT]) <= 60 * KILOBYTE


def test_the_page_brings_no_font_and_no_picture() -> None:
    kinds = {one.suffix for one in files_under(BUILT)}
    assert kinds <= {".html", ".js", ".css", ".json", ".txt"}


def test_the_page_names_no_other_host() -> None:
    for one in [BUILT / "index.html", *BUILT.rglob("*.css")]:
        assert "//" not in one.read_text().replace("/*", ""), one


def test_the_lock_file_holds_no_address_of_a_registry() -> None:
    assert '"resolved"' not in (ROOT / "console/package-lock.json").read_text()


def scripts_of(page: str) -> list[str]:
    """Return the scripts that the page names, which the browser loads before anything is shown."""
    named = {part.split('"')[0] for part in page.split("./assets/")[1:]}
    return sorted(name for name in named if name.endswith(".js"))


def test_the_page_knows_the_columns_of_a_call() -> None:
    columns = json.loads((ROOT / "console/src/lib/import/columns.json").read_text())
    assert set(columns) == set(Event.__struct_fields__)
