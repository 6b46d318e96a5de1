"""Settings of the language model."""

import pytest

from netra.domain.spending import Budget, Budgets
from netra.settings import Settings, SettingsRefused, settings_from


def test_a_key_or_another_address_switches_it_on_and_nothing_else() -> None:
    assert not Settings().has_language_model
    assert not settings_from({"OPENAI_API_KEY": "k", "NETRA_LANGUAGE_MODEL": "gpt-4o"}).has_language_model
    assert settings_from({"NETRA_LANGUAGE_MODEL_KEY": "k"}).has_language_model
    assert settings_from({"NETRA_LANGUAGE_MODEL_URL": "http://localhost:8080/v1"}).has_language_model


def test_the_key_does_not_print_itself() -> None:
    assert "canary" not in repr(settings_from({"NETRA_LANGUAGE_MODEL_KEY": "canary"}))


def test_the_budgets_are_those_of_the_settings() -> None:
    settings = settings_from(
        {
            "NETRA_LANGUAGE_MODEL_RUN_TOKENS": "1",
            "NETRA_LANGUAGE_MODEL_RUN_USD": "0.25",
            "NETRA_LANGUAGE_MODEL_USER_TOKENS": "3",
            "NETRA_LANGUAGE_MODEL_USER_USD": "4.5",
        }
    )
    expected = Budgets(run=Budget(tokens=1, usd=0.25), user_day=Budget(tokens=3, usd=4.5))
    assert settings.language_model_budgets == expected


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"NETRA_LANGUAGE_MODEL_URL": "localhost:8080"}, "LANGUAGE_MODEL_URL must be an address"),
        ({"NETRA_LANGUAGE_MODEL_URL": "http://u:p@h/v1"}, "without a password"),
        ({"NETRA_LANGUAGE_MODEL_URL": "http://h/v1?key=k"}, "or a query"),
        ({"NETRA_LANGUAGE_MODEL_API": "assistants"}, "NETRA_LANGUAGE_MODEL_API"),
        ({"NETRA_LANGUAGE_MODEL_SENDS": "nothing"}, "NETRA_LANGUAGE_MODEL_SENDS"),
        ({"NETRA_LANGUAGE_MODEL_INPUT_USD": "1"}, "go together"),
        ({"NETRA_LANGUAGE_MODEL_OUTPUT_USD": "1"}, "go together"),
        ({"NETRA_LANGUAGE_MODEL_RUN_USD": "-1"}, "NETRA_LANGUAGE_MODEL_RUN_USD"),
        ({"NETRA_LANGUAGE_MODEL_RUN_USD": "nan"}, "NETRA_LANGUAGE_MODEL_RUN_USD"),
        ({"NETRA_LANGUAGE_MODEL_CONNECTIONS": "0"}, "NETRA_LANGUAGE_MODEL_CONNECTIONS"),
    ],
)
def test_nonsense_is_refused_in_a_sentence_that_names_it(variables: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsRefused, match=says) as refused:
        settings_from(variables)
    assert "u:p" not in str(refused.value)
