"""The page about the socket says what the socket does."""

import json
import re
from pathlib import Path

from netra.entrypoints.websocket import frames
from netra.entrypoints.websocket.asyncapi import document

PAGE = (Path(__file__).parents[2] / "docs" / "websocket.md").read_text()


def test_every_example_on_the_page_is_a_message_that_is_understood() -> None:
    examples = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    read = {type(frames.read_frame(example)) for example in examples}
    assert read == set(frames.CLIENT_FRAMES.values())


def test_every_frame_and_close_code_stands_on_the_page() -> None:
    described = json.loads(document())
    codes = set(described["channels"]["socket"]["x-close-codes"])
    assert codes == set(re.findall(r"^\| (\d{4}) \|", PAGE, re.MULTILINE))
    for name in described["components"]["messages"]:
        assert f"`{name}`" in PAGE or f'"{name}"' in PAGE
