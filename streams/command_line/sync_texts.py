"""What the command line says of connections, syncs and their commands, in Swedish and English."""

from streams.command_line.text import Text

SYNC_LABELS = {
    # A command that was sent, and what became of it.
    "asked": Text(
        "{what} är begärd för {company_id}; om motorn godtar den sägs bara med --wait. Följ den med"
        " bokflow status {company_id} --watch.",
        "{what} has been asked for {company_id}; only --wait tells whether the engine takes it."
        " Follow it with bokflow status {company_id} --watch.",
    ),
    "accepted": Text("{what}, {company_id}: utförd.", "{what}, {company_id}: done."),
    "run_completed": Text(
        "{company_id}, körning {run}: klar. Verifikationer: {created} nya, {changed} ändrade,"
        " {removed} borttagna, {unchanged} oförändrade, {set_aside} undanlagda.",
        "{company_id}, run {run}: completed. Vouchers: {created} new, {changed} changed,"
        " {removed} removed, {unchanged} unchanged, {set_aside} set aside.",
    ),
    "run_ended": Text(
        "{company_id}, körning {run}: {state}{because}", "{company_id}, run {run}: {state}{because}"
    ),
    "run_ended.unbegun": Text(
        "{company_id}, en körning som inte hade börjat: {state}{because}",
        "{company_id}, a run that had not begun: {state}{because}",
    ),
    # Another source for a company that has one.
    "change.to_fetched": Text(
        "{company_id} har sin bokföring från {known}. Med {source} som källa avbryts det som"
        " pågår, filer tas inte längre emot, och det som hämtas ersätter det som finns av samma"
        " räkenskapsår.",
        "{company_id} has its bookkeeping from {known}. With {source} as its source what is going"
        " on is cancelled, files are refused from then on, and what is fetched replaces what there"
        " is of the same fiscal years.",
    ),
    "change.to_uploaded": Text(
        "{company_id} har sin bokföring från {known}. Med {source} som källa hämtas ingenting"
        " längre: bokföringen laddas upp, och det som finns är kvar tills dess.",
        "{company_id} has its bookkeeping from {known}. With {source} as its source nothing is"
        " fetched any more: the bookkeeping is uploaded, and what there is stays until then.",
    ),
    "change.confirm": Text(
        "Skriv företagets id ({company_id}) för att byta källa: ",
        "Type the company's id ({company_id}) to change its source: ",
    ),
    "phase.asked": Text("Väntar på svar", "Waiting for an answer"),
    "phase.stalled": Text("Står stilla", "Stalled"),
    "phase.done": Text("{phase}: {count} verifikationer", "{phase}: {count} vouchers"),
    "connection": Text("Koppling", "Connection"),
    "due_at": Text("Nästa körning", "Next run"),
    "failures_in_a_row": Text("Fel i rad", "Failures in a row"),
    "connected_at": Text("Ansluten", "Connected"),
    "advice.connect": Text(
        "Anslut igen: bokflow connect {company_id} --source {source}",
        "Connect again: bokflow connect {company_id} --source {source}",
    ),
    "all_of_it": Text("allt", "all"),
    "scope": Text("Omfattning", "Scope"),
    "next_run": Text("{state}, nästa körning {at}", "{state}, next run {at}"),
    "no_connections": Text(
        "Inga kopplingar ännu: anslut ett företag med bokflow connect.",
        "No connections yet: connect a company with bokflow connect.",
    ),
    "redriven": Text(
        "Kommandot skickas igen, som det var ({id}).",
        "The command is sent again, as it was ({id}).",
    ),
}

SYNC_WORDS = {
    "connected": Text("ansluten", "connected"),
    "disconnected": Text("frånkopplad", "disconnected"),
    "connection_requested.v1": Text("Anslutning", "Connection"),
    "disconnect_requested.v1": Text("Frånkoppling", "Disconnection"),
    "sync_requested.v1": Text("Synkronisering", "Sync"),
    "sync_cancel_requested.v1": Text("Avbrott", "Cancellation"),
}

SYNC_REFUSALS = {
    # As the engine rejects a command.
    "already_running": Text(
        "En körning pågår redan för {company_id}: vänta tills den är klar, eller avbryt den med"
        " bokflow cancel {company_id}.",
        "A run is going already for {company_id}: wait for its end, or cancel it with bokflow"
        " cancel {company_id}.",
    ),
    "not_supported_by_source": Text(
        "Källan för {company_id} stöder inte det: bokföring som laddas upp läses in med bokflow"
        " import.",
        "The source of {company_id} does not support that: bookkeeping that is uploaded comes by"
        " bokflow import.",
    ),
    "reconnect_required": Text(
        "Bokföringssystemet godtar inte längre inloggningen för {company_id}: rätta den, och anslut"
        " igen med bokflow connect {company_id} --source {source}.",
        "The accounting system no longer accepts the login of {company_id}: correct it, and connect"
        " again with bokflow connect {company_id} --source {source}.",
    ),
    "not_connected": Text(
        "{company_id} är inte anslutet till något bokföringssystem: anslut med bokflow connect"
        " {company_id} --source {source}.",
        "{company_id} is not connected to any accounting system: connect it with bokflow connect"
        " {company_id} --source {source}.",
    ),
    "comes_by_files": Text(
        "{company_id} får sin bokföring genom filer (bokflow import) och behöver ingen koppling.",
        "{company_id} gets its bookkeeping by files (bokflow import), and needs no connection.",
    ),
    "unknown_part": Text(
        "Det finns ingen sådan del av bokföringen; de som finns är {parts}.",
        "There is no such part of the bookkeeping; those that there are: {parts}.",
    ),
    "expired": Text(
        "Kommandot till {company_id} hann bli för gammalt innan motorn läste det: försök igen.",
        "The command for {company_id} was too old when the engine read it: try again.",
    ),
    "invalid": Text(
        "Kommandot till {company_id} går inte att utföra ({detail}).",
        "The command for {company_id} cannot be carried out ({detail}).",
    ),
    "too_late": Text(
        "Det är för sent att avbryta körningen för {company_id}: allt är redan läst.",
        "It is too late to cancel the run of {company_id}: everything has been read.",
    ),
    "nothing_to_cancel": Text(
        "Ingen körning pågår för {company_id}.", "No run is going for {company_id}."
    ),
    # As the command line does.
    "unknown_source": Text(
        "”{source}” går inte att ansluta; det som går är {sources}.",
        "'{source}' cannot be connected; what can be: {sources}.",
    ),
    "year_to_name": Text(
        "Inget känt räkenskapsår för {company_id} börjar {wanted}: ange årets första dag,"
        " {wanted}-01-01 eller en annan.",
        "No fiscal year that is known of {company_id} starts in {wanted}: name its first day,"
        " {wanted}-01-01 or another.",
    ),
    "not_answered": Text(
        "Ingen har svarat på {seconds} s; kommandot ligger kvar och tas när en arbetare läser det:"
        " se bokflow doctor.",
        "Nobody has answered within {seconds} s; the command stays, and is taken when a worker"
        " reads it: see bokflow doctor.",
    ),
    "first_run_late": Text(
        "{company_id} är anslutet, men den första synkroniseringen har inte börjat på {seconds} s:"
        " se bokflow doctor.",
        "{company_id} is connected, but its first sync has not begun within {seconds} s: see"
        " bokflow doctor.",
    ),
    "wait_interrupted": Text(
        "Väntan avbröts; motorn går vidare: följ med bokflow status {company_id} --watch.",
        "The wait was interrupted; the engine goes on: follow it with bokflow status {company_id}"
        " --watch.",
    ),
    "redriven_already": Text(
        "Meddelandet {id} väntar inte längre: det har redan tagits om.",
        "The message {id} does not wait any more: it has been taken up again already.",
    ),
    "dead_letter_too_large": Text(
        "Meddelandet {id} är för stort för att bli ett kommando: det skulle bara avvisas igen.",
        "The message {id} is too large to become a command: it would only be refused again.",
    ),
}
