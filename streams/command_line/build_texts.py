"""What the command line says of books that are built anew, in Swedish and English."""

from streams.command_line.text import Text

BUILD_LABELS = {
    "phase.building": Text("Läser meddelandena", "Reading the messages"),
    "as_of": Text(
        "{company_id} som bokföringen såg ut {at}: {count} meddelanden.",
        "{company_id} as its books stood at {at}: {count} messages.",
    ),
    "as_of.rejected": Text(
        "Utan meddelanden som inte går att använda: {count}; se bokflow dead-letters list.",
        "Without messages that cannot be applied: {count}; see bokflow dead-letters list.",
    ),
    "rebuilt.newly_rejected": Text(
        "Varning: meddelanden som tabellerna byggde på och som den här versionen inte kan använda:"
        " {count}. Deras företag är oavstämda tills en version som kan det har återskapat dem:"
        " {messages}.",
        "Warning: messages that the tables were built with and that this version cannot apply:"
        " {count}. Their companies are not verified until one that can has rebuilt them:"
        " {messages}.",
    ),
    "compared.newly_rejected": Text(
        "Meddelanden som tabellerna bygger på och som den här versionen inte kan använda: {count}."
        " Den skulle utelämna dem om den återskapade tabellerna: {messages}.",
        "Messages that the tables are built with and that this version cannot apply: {count}. It"
        " would leave them out if it rebuilt the tables: {messages}.",
    ),
    "redriven.applied": Text(
        "{company_id} är omläst, och meddelandet kunde användas nu ({id}).",
        "{company_id} is read again, and the message could be applied now ({id}).",
    ),
    "redriven.rejected": Text(
        "{company_id} är omläst, men meddelandet går fortfarande inte att använda ({id}): {error}",
        "{company_id} is read again, but the message still cannot be applied ({id}): {error}",
    ),
}

BUILD_REFUSALS = {
    "invalid_time": Text(
        "”{text}” är ingen tidpunkt: skriv 2025-03-31 eller 2025-03-31T14:00.",
        "'{text}' is no time: write 2025-03-31 or 2025-03-31T14:00.",
    ),
    "time_to_come": Text(
        "{text} har inte varit ännu: ingen vet hur bokföringen ser ut då.",
        "{text} is still to come: nobody knows the books of then.",
    ),
    "only_of_vouchers": Text(
        "--series, --limit, --latest och --set-aside hör till vouchers.",
        "--series, --limit, --latest and --set-aside belong to vouchers.",
    ),
    "nothing_then": Text(
        "{company_id} hade ingen bokföring {at}: det första meddelandet kom {first_at}.",
        "{company_id} had no books at {at}: its first message came {first_at}.",
    ),
    "topic_truncated": Text(
        "Ämnet håller inte längre allt som bokförts: {error}.",
        "The topic no longer holds all that was applied: {error}.",
    ),
    "message_unsolved": Text(
        "Ett meddelande får bygget att sluta på ett sätt som ingen har förutsett, och inget är"
        " ändrat: {error}.",
        "A message ends the build in a way that nobody foresaw, and nothing is changed: {error}.",
    ),
    "build_lost": Text(
        "Bygget stod stilla för länge och är borttaget; inget är ändrat. Försök igen ({error}).",
        "The build stood still for too long and is dropped; nothing is changed. Try again"
        " ({error}).",
    ),
    "never_caught_up": Text(
        "Bygget kommer inte ikapp tabellerna, som skrivs lika fort, och inget är ändrat: stoppa"
        " några av arbetarna tills det är klart, eller försök igen när mindre hämtas ({error}).",
        "The build does not catch up with the tables, which are written as fast, and nothing is"
        " changed: stop some of the workers until it is done, or try again when less is fetched"
        " ({error}).",
    ),
    "redrive_without_company": Text(
        "Meddelandet {id} hör inte till något företag: det går inte att ta om.",
        "The message {id} belongs to no company: it cannot be applied again.",
    ),
    "redrive_elsewhere": Text(
        "Meddelandet {id} står i {topic}/{partition}, där {company_id} inte läses: det går inte att"
        " ta om.",
        "The message {id} stands in {topic}/{partition}, where {company_id} is not read: it cannot"
        " be applied again.",
    ),
    "redrive_unknown_topic": Text(
        "Meddelandet {id} kommer från {topic}, som ingen läser: det går inte att ta om.",
        "The message {id} came from {topic}, which nobody reads: it cannot be applied again.",
    ),
}
