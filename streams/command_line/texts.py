"""What the command line says beside results, in Swedish and English."""

from typing import NamedTuple


class Text(NamedTuple):
    sv: str
    en: str


REFUSALS = {
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
        "{company_id} har ingen bokföring ännu: läs in en SIE-fil med bokflow import.",
        "{company_id} has no bookkeeping yet: import an SIE file with bokflow import.",
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
        "Företaget togs bort under inläsningen.", "The company was removed during the import."
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

LABELS = {
    # The demo.
    "demo.company": Text("Företaget {company_id}", "The company {company_id}"),
    "demo.imported": Text(
        "  {file}: {vouchers} verifikationer ({status})", "  {file}: {vouchers} vouchers ({status})"
    ),
    "demo.next": Text(
        "Prova nu, i en annan terminal:\n"
        "  .venv/bin/bokflow status {company_id}\n"
        "  .venv/bin/bokflow vouchers {company_id} --latest 10\n"
        "  .venv/bin/bokflow trial-balance {company_id}\n"
        "  .venv/bin/bokflow import FIL.se --company mitt-bolag --wait\n"
        "  .venv/bin/bokflow doctor\n"
        "SIE-filerna ligger i {directory}.",
        "Try now, in another terminal:\n"
        "  .venv/bin/bokflow status {company_id}\n"
        "  .venv/bin/bokflow vouchers {company_id} --latest 10\n"
        "  .venv/bin/bokflow trial-balance {company_id}\n"
        "  .venv/bin/bokflow import FILE.se --company my-company --wait\n"
        "  .venv/bin/bokflow doctor\n"
        "The SIE files are in {directory}.",
    ),
    "check": Text("Kontroll", "Check"),
    "detail": Text("Läge", "Detail"),
    "advice": Text("Att göra", "What to do"),
    # Columns.
    "account": Text("Konto", "Account"),
    "amount": Text("Belopp", "Amount"),
    "attempt": Text("Försök", "Attempt"),
    "changed": Text("Ändrade", "Changed"),
    "closing": Text("Utgående", "Closing"),
    "company": Text("Företag", "Company"),
    "created": Text("Nya", "New"),
    "date": Text("Datum", "Date"),
    "error": Text("Fel", "Error"),
    "file": Text("Fil", "File"),
    "fiscal_year": Text("Räkenskapsår", "Fiscal year"),
    "id": Text("Id", "Id"),
    "last_at": Text("Senast", "Last"),
    "last_fetched": Text("Senast hämtad", "Last fetched"),
    "message": Text("Meddelande", "Message"),
    "movement": Text("Förändring", "Movement"),
    "name": Text("Namn", "Name"),
    "opening": Text("Ingående", "Opening"),
    "organisation_number": Text("Org.nr", "Org. no."),
    "postings": Text("Rader", "Postings"),
    "queued": Text("Köad", "Queued"),
    "reason": Text("Orsak", "Reason"),
    "removed": Text("Borttagna", "Removed"),
    "run": Text("Körning", "Run"),
    "set_aside": Text("Undanlagda", "Set aside"),
    "source": Text("Källa", "Source"),
    "state": Text("Läge", "State"),
    "status": Text("Status", "Status"),
    "text": Text("Text", "Text"),
    "total": Text("Summa", "Total"),
    "finished": Text("Klar", "Finished"),
    "trigger": Text("Utlöst av", "Trigger"),
    "unchanged": Text("Oförändrade", "Unchanged"),
    "voucher": Text("Verifikation", "Voucher"),
    "vouchers": Text("Verifikationer", "Vouchers"),
    "warnings": Text("Anmärkningar", "Remarks"),
    # The status of one company.
    "actions": Text("Åtgärder", "Actions"),
    "bookkeeping": Text("Bokföring", "Bookkeeping"),
    "latest_vouchers": Text("Senaste verifikationer", "Latest vouchers"),
    "never": Text("aldrig", "never"),
    "parts": Text("Delar", "Parts"),
    "sie": Text("Senaste SIE-fil", "Last SIE file"),
    "syncing": Text("Pågår", "Going on"),
    "verification": Text("Avstämning", "Verification"),
    "counts": Text(
        "verifikationer: {vouchers}, rader: {postings}, undanlagda: {set_aside}",
        "vouchers: {vouchers}, postings: {postings}, set aside: {set_aside}",
    ),
    "uploaded": Text(
        "{file_name}, räkenskapsår {fiscal_year}, {at}",
        "{file_name}, fiscal year {fiscal_year}, {at}",
    ),
    "available": Text("möjlig", "available"),
    "struck": Text("struken", "struck"),
    "title.trial_balance": Text(
        "{company_id}, räkenskapsår {start} – {end}", "{company_id}, fiscal year {start} – {end}"
    ),
    # An import that goes on.
    "phase.reading": Text("Läser {file}", "Reading {file}"),
    "phase.queued": Text("I kö", "Queued"),
    "phase.running": Text("Publicerar", "Publishing"),
    "phase.confirming": Text("Bekräftar", "Confirming"),
    "import_goes_on": Text(
        "Inläsningen av {file} går vidare i motorn: följ den med bokflow status {company_id}.",
        "The import of {file} goes on in the engine: follow it with bokflow status {company_id}.",
    ),
    "remark_line": Text("{file}, rad {line}: {message}", "{file}, line {line}: {message}"),
    "more_remarks": Text(
        "{file}: {count} anmärkningar till, se -o json.",
        "{file}: {count} more remarks, see -o json.",
    ),
    "more_vouchers": Text(
        "Fler verifikationer finns: välj --limit, --latest eller -o json.",
        "There are more vouchers: choose --limit, --latest or -o json.",
    ),
    "no_companies": Text(
        "Inga företag ännu: läs in en SIE-fil med bokflow import.",
        "No companies yet: import an SIE file with bokflow import.",
    ),
    "no_runs": Text("Inga körningar ännu.", "No runs yet."),
    "no_dead_letters": Text("Inga undanlagda meddelanden.", "No dead letters."),
}

# Codes in tables, as people say them; what is not here is shown as it is.
WORDS = {
    "completed": Text("klar", "completed"),
    "queued": Text("i kö", "queued"),
    "running": Text("publicerar", "publishing"),
    "confirming": Text("bekräftar", "confirming"),
    "stalled": Text("står stilla", "stalled"),
    "refused": Text("avvisad", "refused"),
    "failed": Text("misslyckad", "failed"),
    "cancelled": Text("avbruten", "cancelled"),
    "ok": Text("ok", "ok"),
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
    "sync_now": Text("synka nu", "sync now"),
    "reconnect": Text("återanslut", "reconnect"),
    "purge": Text("töm bokföringsdata", "purge bookkeeping"),
    "not_supported_by_source": Text("stöds inte av källan", "not supported by the source"),
    "already_running": Text("pågår redan", "already running"),
    "not_connected": Text("inte ansluten", "not connected"),
    "reconnect_required": Text("kräver återanslutning", "reconnect required"),
}


def label(key: str, language: str, **facts: object) -> str:
    """A text in that language, with its places filled."""
    text = LABELS[key]
    return (text.sv if language == "sv" else text.en).format_map(facts)


def word(code: str, language: str) -> str:
    """A code as people say it."""
    text = WORDS.get(code)
    if text is None:
        return code
    return text.sv if language == "sv" else text.en
