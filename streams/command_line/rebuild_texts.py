"""What the command line says of rebuilds, in Swedish and English."""

from streams.command_line.text import Text

REBUILD_LABELS = {
    "stage.reading": Text("Läser {projection}", "Reading {projection}"),
    "stage.keys": Text("Bygger nycklar och index", "Making keys and indexes"),
    "stage.catching_up": Text("Läser ikapp", "Catching up"),
    "stage.comparing": Text("Jämför", "Comparing"),
    "stage.taking_over": Text("Tar över", "Taking over"),
    "rebuilt": Text(
        "{projection}: återskapad från {count} meddelanden (version {version}, {seconds} s).",
        "{projection}: rebuilt from {count} messages (version {version}, {seconds} s).",
    ),
    "rebuilt.company": Text(
        "{company_id}, {projection}: återskapad från {count} meddelanden; {rejected} går inte att"
        " använda, {closed} undanlagda är använda nu.",
        "{company_id}, {projection}: rebuilt from {count} messages; {rejected} cannot be applied,"
        " {closed} dead letters are applied now.",
    ),
    "rebuilt.equal": Text(
        "Den var lika med den som var i bruk.", "It was equal to the one that was in use."
    ),
    "rebuilt.differs": Text(
        "Den som var i bruk avvek på {count} ställen; nu gäller den återskapade.",
        "The one that was in use differed in {count} places; the rebuilt one holds now.",
    ),
    "rebuilt.lacks": Text(
        "Den återskapade gäller nu, utan det som ämnet har förlorat: {count} ställen skiljer den"
        " från den som var i bruk.",
        "The rebuilt one holds now, without what its topic has lost: it differs in {count} places"
        " from the one that was in use.",
    ),
    "rebuilt.upgraded": Text(
        "Tabellerna har fått en ny form: det fanns inget att jämföra.",
        "The tables have a new shape: there was nothing to compare.",
    ),
    "rebuilt.passed": Text(
        "Meddelanden som inte går att bokföra: {count}, se bokflow dead-letters list.",
        "Messages that cannot be applied: {count}, see bokflow dead-letters list.",
    ),
    "rebuilt.doubted": Text(
        "Företag som saknar meddelanden och är oavstämda tills källan är läst i sin helhet: {ids}.",
        "Companies that lack messages, not verified until their source has been read whole: {ids}.",
    ),
    "compared.equal": Text(
        "{projection}: lika med det som {count} meddelanden ger.",
        "{projection}: equal to what {count} messages give.",
    ),
    "compared.differs": Text(
        "{projection}: avviker på {count} ställen från det som ämnet ger.",
        "{projection}: differs in {count} places from what its topic gives.",
    ),
    "table": Text("Tabell", "Table"),
    "rebuild.dropped_places": Text("… och {count} till.", "… and {count} more."),
}

REBUILD_REFUSALS = {
    "only_of_all": Text(
        "--verify och --accept-gap gäller alla företag: jämför ett med bokflow verify FÖRETAG.",
        "--verify and --accept-gap are of all companies: compare one with bokflow verify COMPANY.",
    ),
    "rebuild_failed": Text(
        "Återskapandet avbröts, och det som är i bruk är orört: {error}.",
        "The rebuild was given up, and what is in use is untouched: {error}.",
    ),
    "rebuild_interrupted": Text(
        "Återskapandet avbröts, och det som är i bruk är orört.",
        "The rebuild was interrupted, and what is in use is untouched.",
    ),
    "disk_too_full": Text(
        "En kopia till får inte plats på disken, och det som är i bruk är orört. Gör plats och"
        " försök igen ({error}).",
        "Another copy does not fit on the disk, and what is in use is untouched. Make room, and"
        " try again ({error}).",
    ),
}
