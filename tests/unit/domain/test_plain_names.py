"""Names hold no character that a terminal obeys or that changes the order of what stands around it."""

from typing import Any

import pytest

from netra.domain.errors import ValidationFailed
from netra.domain.runs.rules import title_of
from netra.domain.texts import check_plain, plain, unsafe_character
from netra.domain.users.model import Identity, ProvenIdentity
from netra.domain.users.rules import account_faults, shown_name

UNSAFE = [
    "\x00",
    "\x07",
    "\x1b",
    "\n",
    "\x7f",
    "\x85",
    "\x9b",  # CSI as one character
    "\x9d",  # OSC as one character
    "\u2028",
    "\u202a",
    "\u202e",
    "\u2066",
    "\u2069",
    "\ud800",
]
SAFE = ["Zoë Ångström", "李小龍", "محمد", "דוד", "Ada 👩\u200d💻", "a\u00a0b", "O'Neil-Smith, Jr."]


@pytest.mark.parametrize("character", UNSAFE, ids=ascii)
def test_an_unsafe_character_is_found_named_and_refused(character: str) -> None:
    text = f"Ada{character}Lovelace"
    assert unsafe_character(text) == character
    with pytest.raises(ValidationFailed) as refused:
        check_plain(text, path="name")
    (fault,) = refused.value.faults
    assert (fault.path, fault.code) == ("name", "control_character")
    assert f"U+{ord(character):04X}" in fault.message
    assert plain(text) == "Ada\ufffdLovelace"


@pytest.mark.parametrize("text", SAFE)
def test_names_of_people_are_safe_in_every_script(text: str) -> None:
    check_plain(text, path="name")
    assert plain(text) == text


@pytest.mark.parametrize("character", UNSAFE, ids=ascii)
def test_an_account_has_a_plain_name_and_address(character: str) -> None:
    faults = account_faults(email=f"a{character}@example.com", name=f"A{character}", password=None)
    assert [fault.path for fault in faults] == ["email", "name"]
    assert faults[1].code == "control_character"


@pytest.mark.parametrize("character", UNSAFE, ids=ascii)
async def test_a_workload_has_a_plain_name(house: Any, character: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        await house.workloads.create(owner_id=1, name=f"w{character}")
    assert refused.value.faults[0].path == "name"


@pytest.mark.parametrize("character", UNSAFE, ids=ascii)
def test_a_name_from_an_identity_provider_is_made_plain(character: str) -> None:
    proven = ProvenIdentity(identity=Identity(issuer="i", subject="s"), name=f"Ada{character} L.")
    assert account_faults(email="a@b", name=shown_name(proven, email="a@b"), password=None) == []


def test_a_title_is_plain_whatever_the_question_holds() -> None:
    assert title_of("Make it \x1b[31mcheaper\x1b[0m\nplease \u202eyes") == "Make it [31mcheaper[0m please yes"
