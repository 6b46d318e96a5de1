"""The console's files, built from `console/` in the repository, under the strict policy that the page needs.

The files are read and compressed once, when the routes are made. Names with a content hash are immutable;
the page itself is revalidated by its entity tag.
"""

import gzip
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

import msgspec
from litestar import Response, Router, get

from netra.entrypoints.asgi import Header
from netra.entrypoints.http.compression import takes_gzip
from netra.entrypoints.http.entity_tags import is_known
from netra.entrypoints.http.methods import answering_options
from netra.entrypoints.http.request import ApiRequest

ROOT: Final = "/console"
INDEX: Final = "index.html"

_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    b"connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    b"require-trusted-types-for 'script'; trusted-types svelte-trusted-html netra-worker; worker-src 'self'"
)
# Each is a feature that browsers know by this name; copying to the clipboard stays allowed.
_PERMISSIONS: Final = (
    b"accelerometer=(), camera=(), display-capture=(), fullscreen=(), geolocation=(), gyroscope=(), "
    b"magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
)
_OF_FILES: Final[tuple[Header, ...]] = (
    (b"content-security-policy", _POLICY),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", _PERMISSIONS),
)
_KINDS: Final[Mapping[str, str]] = {
    "html": "text/html",
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
    "json": "application/json",
    "txt": "text/plain",
}
_HASHED: Final = re.compile(r"assets/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+")
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_REVALIDATED: Final = "no-cache"


class ConsoleFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file as it is sent: plain or compressed, with the entity tags of both."""

    plain: bytes
    compressed: bytes
    media_type: str
    cache_control: str
    digest: str

    def etag(self, *, is_compressed: bool) -> str:
        """Return the entity tag of one form; RFC 9110, 8.8.3: each content coding has its own."""
        return f'"{self.digest}{"-gzip" if is_compressed else ""}"'


def console_files(folder: Traversable) -> dict[str, ConsoleFile]:
    """Return the files under `folder` by their path, such as `assets/a-B3xq9Zk1.js`; ignore unknown kinds."""
    return {
        name: console_file(name, path.read_bytes())
        for name, path in _walked(folder)
        if name.rpartition(".")[2] in _KINDS
    }


def console_file(name: str, plain: bytes) -> ConsoleFile:
    """Return a file ready to be sent.

    >>> console_file("assets/index-B3xq9Zk1.js", b"1").cache_control
    'public, max-age=31536000, immutable'
    >>> console_file("index.html", b"1").cache_control
    'no-cache'
    """
    return ConsoleFile(
        plain=plain,
        compressed=gzip.compress(plain, mtime=0),
        media_type=_KINDS[name.rpartition(".")[2]],
        cache_control=_IMMUTABLE if _HASHED.fullmatch(name) else _REVALIDATED,
        digest=sha256(plain).hexdigest()[:32],
    )


def console_router() -> Router:
    """Return the routes: one for each file, so that a mistyped path is a 404 and not the page."""
    found = console_files(files("netra.entrypoints.http") / "console")
    paths = [ROOT, *(f"{ROOT}/{name}" for name in found)]

    @get(paths, sync_to_thread=False)
    def console(request: ApiRequest) -> Response[bytes | None]:
        name = request.scope["path"].rstrip("/").removeprefix(ROOT).lstrip("/")
        # Litestar's own path has no last slash, and the page's links are relative to its folder
        if not name and not request.scope["raw_path"].endswith(b"/"):
            return Response(None, status_code=307, headers={"Location": "console/"})
        return sent(found[name or INDEX], request)

    return Router("/", route_handlers=[console], middleware=[answering_options], include_in_schema=False)


def sent(file: ConsoleFile, request: ApiRequest) -> Response[bytes | None]:
    """Return the answer with `file`, or 304 when the client has it."""
    is_compressed = takes_gzip(request.headers.get("accept-encoding", ""))
    _replace(request.exchange.headers, [*_OF_FILES, (b"cache-control", file.cache_control.encode())])
    headers = {"ETag": file.etag(is_compressed=is_compressed), "Vary": "Accept-Encoding"}
    both = (file.etag(is_compressed=True), file.etag(is_compressed=False))
    if is_known(request.headers.get("if-none-match", ""), *both):
        return Response(None, status_code=304, headers=headers)
    if is_compressed:
        headers["Content-Encoding"] = "gzip"
    return Response(
        file.compressed if is_compressed else file.plain, media_type=file.media_type, headers=headers
    )


def wants_page(accepted: str) -> bool:
    """Return whether an `Accept` header is a browser's that opens a page: it names HTML.

    >>> wants_page("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"), wants_page("*/*")
    (True, False)
    """
    return "text/html" in accepted.lower()


def _replace(headers: list[Header], by: list[Header]) -> None:
    """Replace the edge's headers of these names: the page needs a wider policy than an API response."""
    names = {name for name, _ in by}
    headers[:] = [*(kept for kept in headers if kept[0] not in names), *by]


def _walked(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            yield from _walked(entry, f"{name}/")
        else:
            yield name, entry
