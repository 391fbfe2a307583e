"""Every text is there in both languages, with the same places to fill."""

import re
from typing import get_args

import pytest

from projections.queries.company_facts import UnknownCompany
from projections.queries.fiscal_years import AmbiguousFiscalYear, NoFiscalYear, UnknownFiscalYear
from schemas.errors import NotFound
from schemas.lifecycle_events import RejectionReason
from streams.command_line.purge_texts import PURGE_LABELS
from streams.command_line.rebuild_texts import REBUILD_LABELS
from streams.command_line.refusal import sentence
from streams.command_line.refusal_texts import REFUSALS
from streams.command_line.sync_texts import SYNC_LABELS
from streams.command_line.text import Text
from streams.command_line.texts import LABELS, label
from streams.command_line.texts_of_one import OF_ONE
from streams.command_line.verify_texts import VERIFY_LABELS
from streams.command_line.words import WORDS


@pytest.mark.parametrize(
    "text", [*REFUSALS.values(), *LABELS.values(), *OF_ONE.values(), *WORDS.values()]
)
def test_both_languages_have_the_same_places(text: Text) -> None:
    swedish, english = (sorted(re.findall("{[a-z_]+}", one)) for one in text)

    assert swedish == english
    assert all(text)


@pytest.mark.parametrize("own", [SYNC_LABELS, PURGE_LABELS, REBUILD_LABELS, VERIFY_LABELS])
def test_no_text_takes_the_place_of_another(own: dict[str, Text]) -> None:
    assert [key for key, text in own.items() if LABELS[key] is not text] == []


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (UnknownCompany("bageriet"), "bokflow companies"),
        (NoFiscalYear("bageriet", "sie"), "bokflow import"),
        (NoFiscalYear("bageriet", "visma-administration"), "bokflow import"),
        (NoFiscalYear("bageriet", "fortnox"), "bokflow sync bageriet"),
    ],
)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_what_a_query_refuses_says_what_to_do(raised: NotFound, told: str, language: str) -> None:
    assert "bageriet" in sentence(raised.told_as, language, vars(raised))
    assert told in sentence(raised.told_as, language, vars(raised))


def test_what_names_no_year_has_a_sentence_with_the_years() -> None:
    for raised in (UnknownFiscalYear("b", 2019, []), AmbiguousFiscalYear("b", 2019, [])):
        assert "2019" in sentence(raised.reason, "sv", vars(raised))
        assert "2019" in sentence(raised.reason, "en", vars(raised))


@pytest.mark.parametrize("code", get_args(RejectionReason))
def test_what_the_engine_rejects_has_a_sentence(code: str) -> None:
    facts: dict[str, object] = {
        "company_id": "bageriet",
        "detail": "no part is named",
        "parts": "vouchers",
        "source": "fortnox",
    }

    for language in ("sv", "en"):
        assert sentence(code, language, facts).endswith(".")


def test_a_refusal_that_nobody_has_put_in_words_is_shown_as_it_is() -> None:
    assert sentence("something_new", "sv", {}) == "something_new"


def test_who_only_asks_is_told_that_an_answer_comes_with_wait() -> None:
    for language in ("sv", "en"):
        assert "--wait" in label("asked", language, what="w", company_id="bageriet")


def test_one_is_told_as_one_and_two_as_two() -> None:
    for count, told in ((1, "1 voucher was set aside"), (2, "2 vouchers were set aside")):
        assert told in label("note.set_aside", "en", file="f", company_id="c", count=count)


@pytest.mark.parametrize("key", OF_ONE)
def test_what_is_told_of_one_has_the_places_of_what_is_told_of_many(key: str) -> None:
    one, many = (re.findall("{[a-z_]+}", texts[key].sv) for texts in (OF_ONE, LABELS))

    assert one == many


def test_a_label_is_in_the_language() -> None:
    assert (label("account", "sv"), label("account", "en")) == ("Konto", "Account")
