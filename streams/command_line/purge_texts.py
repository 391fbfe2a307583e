"""What the command line says of purges, in Swedish and English."""

from streams.command_line.text import Text

PURGE_LABELS = {
    "title.purge": Text("{company_id}: det här töms", "{company_id}: this is emptied"),
    "purge.all": Text("allt", "all of it"),
    "purge.nothing": Text(
        "{company_id} har ingen bokföring att tömma.", "{company_id} has no bookkeeping to empty."
    ),
    "purge.goes.all": Text(
        "Med verifikationerna försvinner konton, objekt, balanser, budgetar per period och"
        " avstämningar.",
        "With the vouchers go accounts, objects, balances, period budgets and proofs.",
    ),
    "purge.goes.years": Text(
        "Med verifikationerna försvinner årens balanser, budgetar per period och avstämningar;"
        " räkenskapsår, konton och objekt är kvar.",
        "With the vouchers go the years' balances, period budgets and proofs; fiscal years,"
        " accounts and objects stay.",
    ),
    "purge.stays": Text(
        "Kvar är {connection}historiken över körningar, uppladdningar och tömningar, rapportmallar"
        " och budgetversioner.",
        "What stays: {connection}the history of runs, uploads and purges, report templates and"
        " budget versions.",
    ),
    "purge.stays.connection": Text("kopplingen, ", "the connection, "),
    "purge.log": Text(
        "Händelserna ligger kvar i Kafka, där ingen omspelning tar tillbaka det som töms men"
        " bokflow as-of visar det; delar av det kan också stå i undanlagda meddelanden (90 dagar),"
        " publicerade utgående meddelanden (7 dagar) och det som konstaterats om en uppladdad fil"
        " (ett år).",
        "The events stay in Kafka, where no replay brings back what is emptied but bokflow as-of"
        " shows it; dead letters (90 days), the published outbox (7 days) and what was found out"
        " about an uploaded file (a year) may hold pieces of it, too.",
    ),
    "purge.cancels.run": Text(
        "En körning pågår: den avbryts först, vilka år den än läser, och nästa läser dem i sin"
        " helhet.",
        "A run is going: it is cancelled first, whichever years it reads, and the next one reads"
        " them whole.",
    ),
    "purge.cancels.file": Text(
        "En fil läses in: den avbryts först, vilket år den än gäller, liksom filer som väntar. Läs"
        " in dem igen efteråt, även om årets bokföring inte töms: den kan vara till hälften ny.",
        "A file is being imported: it is cancelled first, whatever its year, as are files that"
        " wait. Import them again afterwards, even where the year is not emptied: it may be half"
        " new.",
    ),
    "purge.empties": Text(
        "Efteråt finns ingen bokföring: företaget är rött tills den har fyllts på igen.",
        "No bookkeeping is left then: the company is red until it is filled again.",
    ),
    "purge.then.reload": Text(
        "Sedan hämtas från källan: {years}.", "Then fetched from the source: {years}."
    ),
    "purge.then.automatic": Text(
        "Nästa automatiska körning ({at}) hämtar bokföringen.",
        "The next automatic run ({at}) fetches the bookkeeping.",
    ),
    "purge.then.upload": Text(
        "Bokföringen kommer tillbaka först med en ny fil: bokflow import.",
        "The bookkeeping comes back with a new file only: bokflow import.",
    ),
    "purge.then.nothing": Text(
        "Ingenting hämtas av sig självt efteråt.", "Nothing is fetched by itself afterwards."
    ),
    "purge.confirm": Text(
        "Skriv företagets id ({company_id}) för att tömma: ",
        "Type the company's id ({company_id}) to empty it: ",
    ),
    "phase.purging": Text("Tömmer", "Emptying"),
    "purged": Text(
        "{company_id} är tömt ({years}): {vouchers} verifikationer, {postings} rader.",
        "{company_id} is emptied ({years}): {vouchers} vouchers, {postings} postings.",
    ),
    "purges": Text("Senast tömt", "Last emptied"),
    "purge.completed": Text(
        "{by}{years}, {vouchers} verifikationer, {postings} rader",
        "{by}{years}, {vouchers} vouchers, {postings} postings",
    ),
    "purge.started": Text("{by}{years}, pågår", "{by}{years}, going on"),
    "purge.superseded": Text(
        "{by}{years}, gjordes aldrig: en senare tömning kom före",
        "{by}{years}, never done: a later purge came before it",
    ),
    "purge.by": Text("av {who}: ", "by {who}: "),
    "watch.completed": Text("tömt {at} {told}", "emptied {at} {told}"),
    "watch.started": Text("töms sedan {at} {told}", "being emptied since {at} {told}"),
    "watch.superseded": Text("skulle tömmas {at} {told}", "to be emptied {at} {told}"),
    "watch.removed": Text("borttaget", "removed"),
    "emptied_years": Text("Tömda år", "Emptied years"),
    "emptied_years.told": Text(
        "{years}: inte inlästa på nytt sedan dess", "{years}: not loaded again since then"
    ),
}

PURGE_WORDS = {
    "purge_requested.v1": Text("Tömning", "Purge"),
    "company_removal_requested.v1": Text("Borttagning", "Removal"),
    "superseded_by_purge": Text("bokföringen tömdes", "the bookkeeping was emptied"),
    "superseded_by_purge.file": Text(
        "bokföringen tömdes: läs in filen igen",
        "the bookkeeping was emptied: import the file again",
    ),
    "company_removed": Text("företaget togs bort", "the company was removed"),
    "emptied": Text("tömd", "emptied"),
}

PURGE_REFUSALS = {
    "not_confirmed": Text(
        "Ingenting gjordes: det som skrevs var inte {company_id}. Skriv företagets id, eller ange"
        " --yes.",
        "Nothing was done: what was typed was not {company_id}. Type the company's id, or give"
        " --yes.",
    ),
    "nobody_to_ask": Text(
        "Ingenting gjordes: det fanns ingen att fråga. Ange --yes för att inte bli tillfrågad.",
        "Nothing was done: there was nobody to ask. Give --yes, so that nothing is asked.",
    ),
    "purge_superseded": Text(
        "Tömningen av {company_id} gick förlorad, och en senare har gjorts: töm igen om något är"
        " kvar.",
        "The purge of {company_id} was lost, and a later one has been done: purge again if anything"
        " is left.",
    ),
    "ledger_stopped": Text(
        "Tömningen av {company_id} är begärd, men motorns inläsning har stannat ({detail}): den"
        " görs när inläsningen går vidare, se bokflow doctor.",
        "The purge of {company_id} has been asked for, but the ledger has stopped ({detail}): it is"
        " done once the ledger goes on, see bokflow doctor.",
    ),
    "nobody_at_work": Text(
        "Tömningen av {company_id} är begärd, men ingen arbetare har varit igång på {seconds} s:"
        " den görs när en är det, se bokflow doctor.",
        "The purge of {company_id} has been asked for, but no worker has been at work for {seconds}"
        " s: it is done once one is, see bokflow doctor.",
    ),
}
