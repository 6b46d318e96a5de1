"""The console's files: the policy, caching and compression they are sent with, and who is sent to them."""

import gzip
from collections.abc import AsyncGenerator
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest

from netra.entrypoints.http.console import console_files

from .conftest import SETTINGS, House, opened

FOLDER = files("netra.entrypoints.http") / "console"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture(scope="module")
async def without(usual: House) -> AsyncGenerator[House]:
    """An application without a console; the usual one, which stays open longer, is opened before."""
    del usual
    async with opened(msgspec.structs.replace(SETTINGS, console=False)) as house:
        yield house


async def test_the_page_comes_under_the_strict_policy(house: House) -> None:
    page = await house.client.get("/console/")
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = page.headers["Content-Security-Policy"]
    for rule in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in page.headers["Permissions-Policy"]
    for name in ("Content-Security-Policy", "Cache-Control"):
        assert len(page.headers.get_list(name)) == 1


async def test_every_file_of_the_package_is_served_and_no_other(house: House) -> None:
    found = console_files(FOLDER)
    assert "index.html" in found
    for name, file in found.items():
        answer = await house.client.get(f"/console/{name}", headers=PLAIN)
        assert (answer.status_code, answer.content) == (200, file.plain), name
    for path in ("/console/nope", "/console/assets/nope.js", "/console/..%2Fconsole.py", "/console/assets"):
        assert (await house.client.get(path)).status_code == 404, path


async def test_the_page_is_revalidated_and_not_sent_again(house: House) -> None:
    page = await house.client.get("/console/")
    assert page.headers["Cache-Control"] == "no-cache"
    again = await house.client.get("/console/", headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == page.headers["ETag"]
    assert again.headers["Content-Security-Policy"] == page.headers["Content-Security-Policy"]
    changed = await house.client.get("/console/", headers={"If-None-Match": '"another"'})
    assert changed.status_code == 200
    assert (await house.client.get("/console/", headers={"If-None-Match": "*"})).status_code == 304


async def test_text_is_compressed_for_those_who_take_it(house: House) -> None:
    packed = await house.client.get("/console/", headers={"Accept-Encoding": "br, gzip"})
    plain = await house.client.get("/console/", headers=PLAIN)
    assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content == (FOLDER / "index.html").read_bytes()
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_names_with_a_hash_are_immutable_and_compressed_once(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-B3xq9Zk1.js").write_bytes(b"let a;" * 100)
    (tmp_path / "assets" / "plain.css").write_bytes(b"a{}")
    (tmp_path / "photo.exe").write_bytes(b"MZ")
    found = console_files(tmp_path)
    assert set(found) == {"assets/index-B3xq9Zk1.js", "assets/plain.css"}
    script = found["assets/index-B3xq9Zk1.js"]
    assert script.cache_control == "public, max-age=31536000, immutable"
    assert gzip.decompress(script.compressed) == script.plain
    assert len(script.compressed) < len(script.plain)
    assert found["assets/plain.css"].cache_control == "no-cache"


async def test_the_folder_without_its_slash_leads_to_the_page_behind_any_prefix(house: House) -> None:
    answer = await house.client.get("/console")
    assert (answer.status_code, answer.headers["Location"]) == (307, "console/")


async def test_the_root_sends_browsers_to_the_console_and_programs_to_the_documents(house: House) -> None:
    browser = await house.client.get("/", headers=BROWSER)
    assert (browser.status_code, browser.headers["Location"]) == (307, "console/")
    program = await house.client.get("/", headers={"Accept": "*/*"})
    assert program.content == (await house.client.get("/docs")).content
    assert browser.headers.get_list("Vary") == ["Accept", "Accept-Encoding"]
    assert program.headers.get_list("Vary") == ["Accept", "Accept-Encoding"]


async def test_the_public_settings_say_whether_there_is_a_console(house: House, without: House) -> None:
    assert (await house.client.get("/api/config")).json()["console"] is True
    assert (await without.client.get("/api/config")).json()["console"] is False


async def test_without_a_console_there_is_no_page_and_the_root_shows_the_documents(without: House) -> None:
    assert (await without.client.get("/console/")).status_code == 404
    page = await without.client.get("/", headers=BROWSER)
    assert page.content == (await without.client.get("/docs")).content


async def test_only_reading_is_allowed(house: House) -> None:
    wrong = await house.client.post("/console/")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    head = await house.client.head("/console/")
    assert (head.status_code, head.content) == (200, b"")
