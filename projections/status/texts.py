"""What the indicator says to people: one sentence per reason, in Swedish and English."""

from projections.status.indicator import Reason
from schemas.model import Model
from schemas.sources import UPLOADED


class Message(Model):
    """The same sentence in both languages."""

    sv: str
    en: str


GREEN = Message(
    sv="Bokföringen läses in som den ska.",
    en="Bookkeeping is being loaded as it should.",
)
MESSAGES: dict[Reason, Message] = {
    "disconnected": Message(
        sv="Kopplingen till bokföringssystemet är borttagen: anslut företaget igen för att"
        " hämta bokföringen.",
        en="The connection to the accounting system has been removed: connect the company"
        " again to fetch its bookkeeping.",
    ),
    "reconnect_required": Message(
        sv="Bokföringssystemet godtar inte längre inloggningen: rätta den, och anslut företaget"
        " igen för att hämta bokföringen.",
        en="The accounting system no longer accepts the login: correct it, and connect the company"
        " again to fetch its bookkeeping.",
    ),
    "emptied": Message(
        sv="Bokföringen har tömts: starta en synkronisering av alla räkenskapsår för att hämta den"
        " på nytt.",
        en="The bookkeeping has been emptied: start a sync of all fiscal years to fetch it again.",
    ),
    "never_synced": Message(
        sv="Ingen bokföring har hämtats ännu: starta en synkronisering.",
        en="No bookkeeping has been fetched yet: start a sync.",
    ),
    "stalled": Message(
        sv="En inläsning har väntat i minst 15 minuter på att bli klar: avbryt den och försök"
        " igen, och kontakta supporten om det upprepas.",
        en="A sync has been waiting for its outcome for 15 minutes or more: cancel it and try"
        " again, and contact support if it happens again.",
    ),
    "failing": Message(
        sv="De tre senaste försöken att hämta bokföringen misslyckades: se felorsaken bland"
        " körningarna, åtgärda den och försök igen.",
        en="The last three attempts to fetch the bookkeeping failed: look up the cause among"
        " the runs, mend it and try again.",
    ),
    "stale": Message(
        sv="Bokföringen har inte hämtats på länge: starta en synkronisering, och anslut"
        " företaget igen om det inte hjälper.",
        en="The bookkeeping has not been fetched for a long time: start a sync, and connect the"
        " company again if that does not help.",
    ),
}
# Where the bookkeeping is uploaded there is nothing to sync: these stand for those above.
OF_UPLOADS: dict[Reason, Message] = {
    "disconnected": Message(
        sv="Kopplingen till bokföringssystemet är borttagen: läs in en SIE-fil, eller anslut"
        " företaget igen.",
        en="The connection to the accounting system has been removed: import an SIE file, or"
        " connect the company again.",
    ),
    "emptied": Message(
        sv="Bokföringen har tömts: läs in SIE-filerna för att få den på nytt.",
        en="The bookkeeping has been emptied: import the SIE files to have it again.",
    ),
    "never_synced": Message(
        sv="Ingen bokföring har lästs in ännu: läs in en SIE-fil.",
        en="No bookkeeping has been loaded yet: import an SIE file.",
    ),
    "failing": Message(
        sv="De tre senaste försöken att läsa in bokföringen misslyckades: se felorsaken bland"
        " körningarna, åtgärda den och läs in filen igen.",
        en="The last three attempts to load the bookkeeping failed: look up the cause among the"
        " runs, mend it and import the file again.",
    ),
}


def message(reason: Reason | None, source: str) -> Message:
    """What to do about a reason, by how the source's bookkeeping comes; None is green."""
    if reason is None:
        return GREEN
    by_upload = OF_UPLOADS.get(reason) if source in UPLOADED else None
    return by_upload or MESSAGES[reason]
