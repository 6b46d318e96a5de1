"""The table of formats, in the order in which a row is tried."""

from typing import Final

from netra.adapters.files.formats.azure_apim import AZURE_APIM
from netra.adapters.files.formats.bedrock import BEDROCK
from netra.adapters.files.formats.claude_code import CLAUDE_CODE
from netra.adapters.files.formats.codex import CODEX
from netra.adapters.files.formats.helicone import HELICONE
from netra.adapters.files.formats.langfuse import LANGFUSE
from netra.adapters.files.formats.litellm import LITELLM
from netra.adapters.files.formats.model import Format
from netra.adapters.files.formats.openai_answers import OPENAI_ANSWERS
from netra.adapters.files.formats.openrouter import OPENROUTER
from netra.adapters.files.formats.refusals import REFUSALS
from netra.adapters.files.formats.vertex import VERTEX

__all__ = ("FORMATS", "REFUSALS")

FORMATS: Final[tuple[Format, ...]] = (
    BEDROCK,
    LITELLM,
    LANGFUSE,
    CLAUDE_CODE,
    CODEX,
    OPENROUTER,
    VERTEX,
    AZURE_APIM,
    HELICONE,
    OPENAI_ANSWERS,
)
