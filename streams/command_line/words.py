"""Codes as people say them, in Swedish and English."""

from streams.command_line.purge_texts import PURGE_WORDS
from streams.command_line.reason_texts import REASON_WORDS
from streams.command_line.sync_texts import SYNC_WORDS
from streams.command_line.text import Text
from streams.command_line.verify_texts import VERIFY_WORDS

# What is not here is shown as it is.
WORDS = {
    **SYNC_WORDS,
    **PURGE_WORDS,
    **VERIFY_WORDS,
    **REASON_WORDS,
    "completed": Text("klar", "completed"),
    "queued": Text("i kö", "queued"),
    "running": Text("publicerar", "publishing"),
    "closing": Text("utgående", "closing"),
    "confirming": Text("bekräftar", "confirming"),
    "stalled": Text("står stilla", "stalled"),
    "agree": Text("stämmer", "agree"),
    "differ": Text("avviker", "differ"),
    "none": Text("–", "–"),
    "information": Text("upplysning", "information"),
    "warning": Text("varning", "warning"),
    "error": Text("fel", "error"),
    "refused": Text("avvisad", "refused"),
    "failed": Text("misslyckad", "failed"),
    "cancelled": Text("avbruten", "cancelled"),
    "ok": Text("ok", "ok"),
    # Why a file cannot be read, as the operating system says it.
    "Is a directory": Text("det är en katalog", "it is a directory"),
    "No such file or directory": Text("filen finns inte", "No such file or directory"),
    "Permission denied": Text("behörighet saknas", "permission denied"),
    "it is no ordinary file": Text("det är ingen vanlig fil", "it is no ordinary file"),
    "never_synced": Text("aldrig hämtad", "never fetched"),
    "green": Text("grön", "green"),
    "red": Text("röd", "red"),
    "manual": Text("begäran", "request"),
    "automatic": Text("schema", "schedule"),
    "push": Text("signal", "push"),
    "upload": Text("uppladdning", "upload"),
    "reload": Text("ny hämtning", "reload"),
    "company": Text("företag", "company"),
    "fiscal_years": Text("räkenskapsår", "fiscal years"),
    "accounts": Text("konton", "accounts"),
    "dimensions": Text("dimensioner", "dimensions"),
    "opening_balances": Text("ingående balanser", "opening balances"),
    "vouchers": Text("verifikationer", "vouchers"),
    "unverified": Text("inte avstämd", "not verified"),
    "verified": Text("avstämd", "verified"),
    "differs": Text("avviker", "differs"),
    "result": Text("resultat", "result"),
    "sync_now": Text("synka nu", "sync now"),
    "reconnect": Text("återanslut", "reconnect"),
    "purge": Text("töm bokföringsdata", "purge bookkeeping"),
}


def word(code: str, language: str) -> str:
    """A code as people say it."""
    text = WORDS.get(code)
    if text is None:
        return code
    return text.sv if language == "sv" else text.en
