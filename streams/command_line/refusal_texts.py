"""Why a command is not done, by code, in Swedish and English."""

from streams.command_line.build_texts import BUILD_REFUSALS
from streams.command_line.purge_texts import PURGE_REFUSALS
from streams.command_line.rebuild_texts import REBUILD_REFUSALS
from streams.command_line.sync_texts import SYNC_REFUSALS
from streams.command_line.text import Text

REFUSALS = {
    **SYNC_REFUSALS,
    **PURGE_REFUSALS,
    **REBUILD_REFUSALS,
    **BUILD_REFUSALS,
    "settings_wrong": Text("Inställningarna går inte att läsa: {error}.", "{error}."),
    "not_prepared": Text("Det gick inte: {error}.", "It was not done: {error}."),
    "invalid_company_id": Text(
        "”{company_id}” kan inte vara ett företags id: 1–64 tecken av A–Z, a–z, 0–9, punkt,"
        " understreck och bindestreck, först en bokstav eller siffra.",
        "'{company_id}' cannot be the id of a company: 1-64 characters of A-Z, a-z, 0-9, dot,"
        " underscore and hyphen, the first one a letter or digit.",
    ),
    "invalid_year": Text(
        "”{text}” är inget räkenskapsår: skriv 2021 eller årets första dag, 2021-07-01.",
        "'{text}' is no fiscal year: write 2021, or the first day of the year, 2021-07-01.",
    ),
    "first_or_latest": Text(
        "Välj ett av --limit och --latest.", "Choose one of --limit and --latest."
    ),
    "unknown_company": Text(
        "Det finns inget företag {company_id}: se bokflow companies.",
        "There is no company {company_id}: see bokflow companies.",
    ),
    "no_fiscal_year": Text(
        "{company_id} har ingen bokföring: läs in en SIE-fil med bokflow import.",
        "{company_id} has no bookkeeping: import an SIE file with bokflow import.",
    ),
    "no_fiscal_year.fetched": Text(
        "{company_id} har ingen bokföring: hämta den med bokflow sync {company_id}.",
        "{company_id} has no bookkeeping: fetch it with bokflow sync {company_id}.",
    ),
    "unknown_fiscal_year": Text(
        "{company_id} har inget räkenskapsår {wanted}; de som finns börjar {years}.",
        "{company_id} has no fiscal year {wanted}; those that there are start {years}.",
    ),
    "ambiguous_fiscal_year": Text(
        "{company_id} har flera räkenskapsår som börjar {wanted}: ange första dagen, en av"
        " {years}.",
        "{company_id} has several fiscal years that start in {wanted}: name the first day, one of"
        " {years}.",
    ),
    "not_running": Text(
        "Ingen motor är igång i {data_dir}: kör bokflow up, eller ange --data-dir.",
        "No engine is running in {data_dir}: run bokflow up, or choose its --data-dir.",
    ),
    "ended_abruptly": Text(
        "Motorn i {data_dir} avslutades utan att stoppas: kör bokflow up igen; inget som den"
        " hade sparat är förlorat.",
        "The engine in {data_dir} ended without being stopped: run bokflow up again; nothing"
        " that it had stored is lost.",
    ),
    "still_starting": Text(
        "Motorn i {data_dir} håller på att starta eller stoppas: försök igen om en stund.",
        "The engine in {data_dir} is still starting or stopping: try again in a moment.",
    ),
    "data_dir_unusable": Text(
        "{data_dir} går inte att läsa: {error}.", "{data_dir} cannot be read: {error}."
    ),
    "database_unreachable": Text(
        "Databasen svarar inte: {error}. Är motorn igång, och stämmer BOKFLOW_POSTGRES_DSN?",
        "The database does not answer: {error}. Is the engine running, and BOKFLOW_POSTGRES_DSN"
        " right?",
    ),
    "dsn_unreadable": Text(
        "Databasens adress går inte att tolka: BOKFLOW_POSTGRES_DSN ska se ut som"
        " postgresql://användare:lösenord@värd:5432/databas.",
        "The address of the database cannot be read: BOKFLOW_POSTGRES_DSN has to look like"
        " postgresql://user:password@host:5432/database.",
    ),
    "database_failed": Text(
        "Databasen avbröt frågan: {error}. Försök igen.",
        "The database broke off the question: {error}. Try again.",
    ),
    "not_migrated": Text(
        "Databasen saknar tabeller som behövs: kör bokflow migrate ({error}).",
        "The database lacks tables that are needed: run bokflow migrate ({error}).",
    ),
    "database_too_new": Text(
        "Databasen hör till en nyare version av Bokflow: installera den ({error}).",
        "The database belongs to a newer version of Bokflow: install that one ({error}).",
    ),
    "no_worker_ready": Text(
        "Tabellerna finns, men ingen arbetare är redo ännu: vänta en stund, eller kör bokflow"
        " doctor.",
        "The tables are there, but no worker is ready yet: wait a moment, or run bokflow doctor.",
    ),
    "not_readable": Text("{file} går inte att läsa: {error}.", "{file} cannot be read: {error}."),
    "interrupted": Text(
        "Avbruten innan {file} var mottagen: inget av den läses in.",
        "Interrupted before {file} was received: nothing of it is imported.",
    ),
    "company_removed": Text(
        "Företaget togs bort under tiden.", "The company was removed meanwhile."
    ),
    "kafka_unreachable": Text(
        "Kafka svarar inte: {error}. Är motorn igång, och stämmer BOKFLOW_KAFKA_URL?",
        "Kafka does not answer: {error}. Is the engine running, and BOKFLOW_KAFKA_URL right?",
    ),
    "invalid_dead_letter_id": Text(
        "”{text}” är inget id för ett undanlagt meddelande: skriv det som i listan, 3:17.",
        "'{text}' is no id of a dead letter: write it as in the list, 3:17.",
    ),
    "unknown_dead_letter": Text(
        "Det finns inget undanlagt meddelande {id}: se bokflow dead-letters list.",
        "There is no dead letter {id}: see bokflow dead-letters list.",
    ),
    "unknown_schema": Text(
        "Det finns inget schema {name}; de som finns är {names}.",
        "There is no schema {name}; those that there are: {names}.",
    ),
}
