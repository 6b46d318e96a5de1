"""Well-known models that traffic is moved to: names only, as of 2026-11; what they cost is looked up.

One line a model that its maker sells for general text today, from the large to the small; no previews, no
models for code, speech or pictures alone. The names are those of genai-prices 0.2.3.
"""

from typing import Final

WELL_KNOWN: Final = (
    ("openai", "gpt-6-sol"),
    ("openai", "gpt-6.1-terra"),
    ("openai", "gpt-6-luna"),
    ("openai", "gpt-5"),
    ("openai", "gpt-5-mini"),
    ("openai", "gpt-5-nano"),
    ("openai", "gpt-4.1"),
    ("openai", "gpt-4.1-mini"),
    ("openai", "gpt-4.1-nano"),
    ("openai", "gpt-4o-mini"),
    ("anthropic", "claude-opus-5-5"),
    ("anthropic", "claude-sonnet-5-5"),
    ("anthropic", "claude-haiku-4-5"),
    ("anthropic", "claude-haiku-5-5"),
    ("google", "gemini-4-argon"),
    ("google", "gemini-2.5-pro"),
    ("google", "gemini-3.8-flash"),
    ("google", "gemini-2.5-flash"),
    ("google", "gemini-3.1-flash-lite"),
    ("google", "gemini-2.5-flash-lite"),
    ("mistral", "mistral-large-4"),
    ("mistral", "mistral-medium-latest"),
    ("mistral", "mistral-small-latest"),
    ("deepseek", "deepseek-v4-pro"),
    ("deepseek", "deepseek-v4-flash"),
    ("x-ai", "grok-4.7"),
    ("x-ai", "grok-4.3"),
    ("meta", "muse-spark-1.3"),
    ("groq", "llama-3.3-70b-versatile"),
    ("groq", "openai/gpt-oss-120b"),
    ("groq", "openai/gpt-oss-20b"),
)
