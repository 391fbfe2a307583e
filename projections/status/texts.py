"""What the indicator says to people: one sentence per reason, in Swedish and English."""

from projections.status.indicator import Reason
from schemas.model import Model


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
        sv="Bokföringen har tömts: läs in en SIE-fil eller synkronisera för att hämta den på nytt.",
        en="The bookkeeping has been emptied: import an SIE file or sync to fetch it again.",
    ),
    "never_synced": Message(
        sv="Ingen bokföring har hämtats ännu: läs in en SIE-fil eller starta en synkronisering.",
        en="No bookkeeping has been fetched yet: import an SIE file or start a sync.",
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


def message(reason: Reason | None) -> Message:
    """What to do about a reason; None is green."""
    return GREEN if reason is None else MESSAGES[reason]
