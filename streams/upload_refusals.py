"""Why a company does not take a file that is well in itself, in Swedish and English."""

from schemas.errors import UploadRefused
from streams.organisation_number import hyphenated

# Swedish and English.
SENTENCES = {
    "unknown_company": (
        "Det finns inget företag {company_id} längre.",
        "There is no company {company_id} any more.",
    ),
    "directly_connected": (
        "{company_id} är anslutet till {source}: koppla från det innan filer kan läsas in"
        " (bokflow connections disconnect {company_id}).",
        "{company_id} is connected to {source}: disconnect it before files can come"
        " (bokflow connections disconnect {company_id}).",
    ),
    "organisation_number_differs": (
        "Filen hör till organisationsnummer {number}, {company_id} har {known}: välj rätt företag,"
        " eller använd --force om numret har ändrats.",
        "The file belongs to organisation number {number}, {company_id} has {known}: choose the"
        " right company, or use --force if the number has changed.",
    ),
    "currency_differs": (
        "Filens belopp är i {currency}, de i {company_id} i {known}: läs in den i ett eget"
        " företag.",
        "The file's amounts are in {currency}, those of {company_id} in {known}: import it into a"
        " company of its own.",
    ),
}


def upload_refused(code: str, **facts: str) -> UploadRefused:
    """The refusal of a file that the company does not take."""
    sv, en = SENTENCES[code]
    facts |= {name: hyphenated(facts[name]) for name in ("number", "known") if name in facts}
    return UploadRefused(code, sv=sv.format_map(facts), en=en.format_map(facts))
