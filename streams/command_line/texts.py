"""What the command line says beside results, in Swedish and English."""

from streams.command_line.build_texts import BUILD_LABELS
from streams.command_line.demo_texts import DEMO_LABELS
from streams.command_line.purge_texts import PURGE_LABELS
from streams.command_line.rebuild_texts import REBUILD_LABELS
from streams.command_line.sync_texts import SYNC_LABELS
from streams.command_line.text import Text
from streams.command_line.texts_of_one import OF_ONE
from streams.command_line.verify_texts import VERIFY_LABELS

LABELS = {
    **SYNC_LABELS,
    **PURGE_LABELS,
    **REBUILD_LABELS,
    **VERIFY_LABELS,
    **BUILD_LABELS,
    **DEMO_LABELS,
    # The engine of this machine.
    "up.ready": Text(
        "Redo: Kafka på {kafka_url}, data i {data_dir}",
        "Ready: Kafka at {kafka_url}, data in {data_dir}",
    ),
    "up.running": Text(
        "Igång; Ctrl-C stoppar. Loggar: {logs}", "Running; Ctrl-C stops it. Logs: {logs}"
    ),
    "resumed": Text("{count} partitioner försöker igen", "{count} partitions try again"),
    "check": Text("Kontroll", "Check"),
    "detail": Text("Uppgift", "Detail"),
    "advice": Text("Att göra", "What to do"),
    "remark.already_present": Text(
        "{count} verifikationer finns redan i bokföringen och lades inte till igen (--again lägger"
        " till dem).",
        "{count} vouchers are in the books already and were not added again (--again adds them).",
    ),
    "remark.number_taken": Text(
        "{count} verifikationer har nummer som bokföringen har med annat innehåll; de lades åt"
        " sidan.",
        "{count} vouchers have numbers that the books hold with other content; they were set"
        " aside.",
    ),
    "remark.taken_by_force": Text(
        "Inläst ändå, med --force: {sentence}", "Taken all the same, by --force: {sentence}"
    ),
    "remark.number_replaced": Text(
        "Filen hör till organisationsnummer {number}, {company_id} hade {known}: filens nummer"
        " gäller nu (--force).",
        "The file belongs to organisation number {number}, {company_id} had {known}: the file's"
        " number holds now (--force).",
    ),
    # What an import has done, beside its table.
    "note.removed": Text(
        "{file}: {count} verifikationer som filen inte har togs bort.",
        "{file}: {count} vouchers that the file does not have were removed.",
    ),
    "note.differs": Text(
        "{file}: årets saldon avviker på {count} konton: se bokflow verify-totals {company_id}.",
        "{file}: the year's totals differ on {count} accounts: see bokflow verify-totals"
        " {company_id}.",
    ),
    "note.set_aside": Text(
        "{file}: {count} verifikationer lades åt sidan: se bokflow vouchers {company_id}"
        " --set-aside.",
        "{file}: {count} vouchers were set aside: see bokflow vouchers {company_id} --set-aside.",
    ),
    "differing_accounts": Text("{state} ({count} konton)", "{state} ({count} accounts)"),
    # A file that is looked at without any engine.
    "sie.type": Text("typ {sie_type}", "type {sie_type}"),
    "sie.generated_on": Text("skapad {day}", "written {day}"),
    "sie.refused": Text("avvisad", "refused"),
    "sie.charts": Text(
        "konton: {accounts}, dimensioner: {dimensions}, objekt: {objects}",
        "accounts: {accounts}, dimensions: {dimensions}, objects: {objects}",
    ),
    "sie.balances": Text(
        "ingående: {opening_balances}, per månad: {period_balances}, utgående och resultat:"
        " {control_totals}",
        "opening: {opening_balances}, monthly: {period_balances}, closing and result:"
        " {control_totals}",
    ),
    "sie.totals.agree": Text(
        "stämmer med ingående balanser och verifikationer",
        "agree with opening balances and vouchers",
    ),
    "sie.totals.differ": Text(
        "avviker på {count} konton från ingående balanser och verifikationer",
        "differ on {count} accounts from opening balances and vouchers",
    ),
    "sie.totals.none": Text(
        "filen har inte både saldon och verifikationer att jämföra",
        "the file has not both totals and vouchers to compare",
    ),
    "sie.no_remarks": Text("inga", "none"),
    "sie.more": Text(
        "{count} till: använd --all eller -o json", "{count} more: use --all or -o json"
    ),
    "sie.counted": Text(
        "{count} i allt: av varje slag visas de första",
        "{count} in all: the first of each are shown",
    ),
    "chart": Text("Kontoplan", "Chart"),
    "balances": Text("Saldon", "Balances"),
    "totals": Text("Kontrollsummor", "Totals"),
    "remarks": Text("Anmärkningar", "Remarks"),
    "line": Text("Rad", "Line"),
    "severity": Text("Allvar", "Severity"),
    "code": Text("Kod", "Code"),
    "stated": Text("Filen", "The file"),
    "computed": Text("Beräknat", "Computed"),
    "type": Text("Typ", "Type"),
    # Columns.
    "account": Text("Konto", "Account"),
    "accounts": Text("Konton", "Accounts"),
    "actual": Text("Bokfört", "Booked"),
    "agent": Text("Agent", "Agent"),
    "amount": Text("Belopp", "Amount"),
    "attempt": Text("Försök", "Attempt"),
    "changed": Text("Ändrade", "Changed"),
    "closing": Text("Utgående", "Closing"),
    "company": Text("Företag", "Company"),
    "control_totals": Text("Utgående", "Closing"),
    "created": Text("Nya", "New"),
    "date": Text("Datum", "Date"),
    "difference": Text("Skillnad", "Difference"),
    "error": Text("Fel", "Error"),
    "expected": Text("Enligt källan", "Source says"),
    "file": Text("Fil", "File"),
    "first_at": Text("Först", "First"),
    "fiscal_year": Text("Räkenskapsår", "Fiscal year"),
    "id": Text("Id", "Id"),
    "information": Text("Upplysningar", "Information"),
    "kind": Text("Saldo", "Total"),
    "last_at": Text("Senast", "Last"),
    "last_fetched": Text("Senast hämtad", "Last fetched"),
    "message": Text("Meddelande", "Message"),
    "movement": Text("Förändring", "Movement"),
    "name": Text("Namn", "Name"),
    "offset": Text("Offset", "Offset"),
    "opening": Text("Ingående", "Opening"),
    "opening_balances": Text("Ingående", "Opening"),
    "organisation_number": Text("Org.nr", "Org. no."),
    "partition": Text("Partition", "Partition"),
    "period_balances": Text("Per månad", "Monthly"),
    "postings": Text("Rader", "Postings"),
    "queued": Text("Köad", "Queued"),
    "reason": Text("Orsak", "Reason"),
    "removed": Text("Borttagna", "Removed"),
    "run": Text("Körning", "Run"),
    "set_aside": Text("Undanlagda", "Set aside"),
    "size_bytes": Text("Byte", "Bytes"),
    "source": Text("Källa", "Source"),
    "state": Text("Läge", "State"),
    "status": Text("Status", "Status"),
    "text": Text("Text", "Text"),
    "topic": Text("Topic", "Topic"),
    "total": Text("Summa", "Total"),
    "finished": Text("Klar", "Finished"),
    "trigger": Text("Utlöst av", "Trigger"),
    "unchanged": Text("Oförändrade", "Unchanged"),
    "voucher": Text("Verifikation", "Voucher"),
    "vouchers": Text("Verifikationer", "Vouchers"),
    # The status of one company.
    "actions": Text("Åtgärder", "Actions"),
    "bookkeeping": Text("Bokföring", "Bookkeeping"),
    "latest_vouchers": Text("Senaste verifikationer", "Latest vouchers"),
    "never": Text("aldrig", "never"),
    "parts": Text("Delar", "Parts"),
    "sie": Text("Senaste SIE-fil", "Last SIE file"),
    "refused_upload": Text("Senast avvisade fil", "Last refused file"),
    "syncing": Text("Pågår", "Going on"),
    "verification": Text("Avstämning", "Verification"),
    "counts": Text(
        "verifikationer: {vouchers}, rader: {postings}, undanlagda: {set_aside}",
        "vouchers: {vouchers}, postings: {postings}, set aside: {set_aside}",
    ),
    "advice.set_aside": Text(
        "Rätta de undanlagda i bokföringssystemet och läs in filen igen: bokflow vouchers"
        " {company_id} --set-aside visar vad som är fel.",
        "Correct those set aside in the accounting system and import the file again: bokflow"
        " vouchers {company_id} --set-aside shows what is wrong.",
    ),
    "advice.set_aside.fetched": Text(
        "Rätta de undanlagda i bokföringssystemet och synka: bokflow vouchers {company_id}"
        " --set-aside visar vad som är fel.",
        "Correct those set aside in the accounting system and sync: bokflow vouchers {company_id}"
        " --set-aside shows what is wrong.",
    ),
    "advice.differs": Text(
        "Jämför kontona med bokföringssystemet (bokflow verify-totals {company_id}) och läs in"
        " hela året på nytt.",
        "Compare the accounts with the accounting system (bokflow verify-totals {company_id}) and"
        " import the whole year again.",
    ),
    "advice.differs.fetched": Text(
        "Jämför kontona med bokföringssystemet (bokflow verify-totals {company_id}) och synka:"
        " bokflow sync {company_id}. Hjälper inte det, hämta hela året på nytt: bokflow purge"
        " {company_id} --year ÅR --reload.",
        "Compare the accounts with the accounting system (bokflow verify-totals {company_id}) and"
        " sync: bokflow sync {company_id}. If that does not help, fetch the whole year again:"
        " bokflow purge {company_id} --year YEAR --reload.",
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
    "basis.totals": Text(
        "Årets verifikationer är inte inlästa i sin helhet: saldona är de som källan själv uppger.",
        "The year's vouchers have not been read whole: the balances are those that its source"
        " states.",
    ),
    # Whether the source's own totals agree with the bookkeeping.
    "verification.state": Text("{state}, senast prövad {as_of}", "{state}, last compared {as_of}"),
    "verification.nothing": Text("ingenting att stämma av", "nothing to verify"),
    "verification.never": Text(
        "{state}: källan har inte lämnat några egna saldon att jämföra med",
        "{state}: its source has given no totals of its own to compare with",
    ),
    "verification.lacking": Text(
        "{state}: meddelanden har gått förlorade, och källan är inte läst i sin helhet sedan dess",
        "{state}: messages were lost, and its source has not been read whole since",
    ),
    "verification.up_to": Text(
        "{told}, till och med {up_to}", "{told}, up to and including {up_to}"
    ),
    "verification.more": Text(
        "Fler konton som avviker: {count}, se bokflow verify-totals {company_id}.",
        "More accounts that differ: {count}, see bokflow verify-totals {company_id}.",
    ),
    "verification.dead_letters": Text(
        "Meddelanden som inte gick att bokföra: {count}, se bokflow dead-letters list.",
        "Messages that could not be applied: {count}, see bokflow dead-letters list.",
    ),
    "title.verify_totals": Text(
        "{company_id}, räkenskapsår {fiscal_year}: {told}",
        "{company_id}, fiscal year {fiscal_year}: {told}",
    ),
    "nothing_to_verify": Text(
        "{company_id} har ingen bokföring att stämma av.", "{company_id} has no postings to verify."
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
    "no_vouchers": Text("Inga sådana verifikationer.", "There are no such vouchers."),
    "no_companies": Text(
        "Inga företag ännu: läs in en SIE-fil med bokflow import.",
        "No companies yet: import an SIE file with bokflow import.",
    ),
    "no_runs": Text("Inga körningar ännu.", "No runs yet."),
    "no_dead_letters": Text("Inga undanlagda meddelanden.", "No dead letters."),
}


def label(key: str, language: str, **facts: object) -> str:
    """A text in that language, with its places filled."""
    is_one = str(facts.get("count")) == "1" and key in OF_ONE
    text = OF_ONE[key] if is_one else LABELS[key]
    return (text.sv if language == "sv" else text.en).format_map(facts)
