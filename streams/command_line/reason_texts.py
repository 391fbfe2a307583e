"""Why something was refused, failed, ended or was set aside: its code in a few words."""

from streams.command_line.text import Text

REASON_WORDS = {
    # Why a voucher was set aside; some of a message or a run, too.
    "amount": Text("beloppet går inte att läsa", "unreadable amount"),
    "number_taken": Text("numret är upptaget", "number taken"),
    "outside_limits": Text("utanför gränserna", "outside the limits"),
    "too_large": Text("för stor för ett meddelande", "too large for a message"),
    "unbalanced": Text("balanserar inte", "does not balance"),
    "unreadable": Text("går inte att läsa", "unreadable"),
    "voucher_date": Text("datumet går inte", "impossible date"),
    # Why a message was set aside.
    "unknown_type": Text("okänd typ", "unknown type"),
    "value_refused": Text("databasen godtar inte ett värde", "the database refuses a value"),
    "wrong_key": Text("nyckeln är ett annat företags", "the key is another company's"),
    "wrong_schema": Text("följer inte sitt schema", "does not follow its schema"),
    # Why a connection is lost.
    "invalid_login": Text("inloggningen godtas inte", "the login is not accepted"),
    "licence_missing": Text("licens saknas", "a licence is missing"),
    "scope_missing": Text("behörighet saknas", "a permission is missing"),
    # Why a run ended otherwise than well, or has no end.
    "attempts_exhausted": Text(
        "för många försök, se arbetarnas loggar", "too many attempts, see the workers' logs"
    ),
    "connector_failed": Text(
        "fel i kopplingen till källan, se arbetarens logg",
        "a fault in the connector, see the worker's log",
    ),
    "incomplete": Text("ofullständig", "incomplete"),
    "ledger_stopped": Text("motorns inläsning har stannat", "the ledger has stopped"),
    "no_outcome": Text("inget besked ännu", "no outcome yet"),
    "organisation_number_differs": Text(
        "ett annat organisationsnummer", "another organisation number"
    ),
    "requested": Text("på begäran", "on request"),
    "source_changed": Text("källan har bytts", "the source has changed"),
    "source_refused": Text("källan avvisade frågan", "the source refused the request"),
    "source_unavailable": Text("källan svarar inte", "the source does not answer"),
    "timed_out": Text("det tog för lång tid", "it took too long"),
    "unknown_source": Text("okänd källa", "unknown source"),
    "unknown_year": Text("källan har inte det räkenskapsåret", "the source lacks that fiscal year"),
    # Why a file was not taken.
    "checksum_mismatch": Text("fel kontrollsumma", "wrong checksum"),
    "contradicts_itself": Text("filen motsäger sig själv", "the file contradicts itself"),
    "currency_differs": Text("en annan valuta", "another currency"),
    "cut_off": Text("avhuggen", "cut off"),
    "directly_connected": Text("företaget är direktanslutet", "the company is connected directly"),
    "fiscal_year_missing": Text("räkenskapsår saknas", "no fiscal year"),
    "fiscal_year_overlaps": Text("räkenskapsåret överlappar", "the fiscal year overlaps"),
    "fiscal_year_too_long": Text("för långt räkenskapsår", "the fiscal year is too long"),
    "not_sie": Text("ingen SIE-fil", "no SIE file"),
    "sie5_not_supported": Text("SIE 5 stöds inte", "SIE 5 is not supported"),
    "too_many_years": Text("för många räkenskapsår", "too many fiscal years"),
    "type_not_supported": Text("SIE-typen finns inte", "no such SIE type"),
    "unknown_company": Text("företaget finns inte", "no such company"),
    # Why an action is not possible, or a command.
    "already_running": Text("pågår redan", "already running"),
    "not_connected": Text("inte ansluten", "not connected"),
    "not_supported_by_source": Text("stöds inte av källan", "not supported by the source"),
    "no_bookkeeping": Text("det finns ingen bokföring", "there is no bookkeeping"),
    "not_there_yet": Text("finns inte ännu", "not there yet"),
    "reconnect_required": Text("måste anslutas på nytt", "has to be connected again"),
}
