"""What the command line says of a comparison with a rebuild, in Swedish and English."""

from streams.command_line.text import Text

VERIFY_LABELS = {
    "verify.equal": Text(
        "En ombyggnad från Kafka ger detsamma som det som används: {companies} företag jämfördes.",
        "A rebuild from Kafka holds the same as what is in use: companies compared: {companies}.",
    ),
    "verify.differs": Text(
        "En ombyggnad från Kafka avviker från det som används: {differing} av {companies} företag.",
        "A rebuild from Kafka differs from what is in use: {differing} of {companies} companies.",
    ),
    "verify.nothing": Text(
        "Ingen bokföring finns att jämföra.", "There is no bookkeeping to compare."
    ),
    "verify.vouchers": Text(
        "{company_id}: verifikationer som avviker: {total}",
        "{company_id}: vouchers that differ: {total}",
    ),
    "verify.balances": Text(
        "{company_id}: saldon som avviker: {total}", "{company_id}: balances that differ: {total}"
    ),
    "verify.tables": Text(
        "{company_id}: rader som bara ena sidan har", "{company_id}: rows that only one side has"
    ),
    "verify.totals": Text(
        "{company_id}: konton som inte stämmer med källans egna saldon: {total}",
        "{company_id}: accounts that differ from their source's own totals: {total}",
    ),
    "verify.more": Text(
        "De första visas, utelämnade: {left}", "The first are shown, left out: {left}"
    ),
    # Columns.
    "differing_tables": Text("Tabeller", "Tables"),
    "example": Text("Exempel", "Example"),
    "field": Text("Fält", "Field"),
    "value_in_use": Text("Används", "In use"),
    "month": Text("Månad", "Month"),
    "only_in_use": Text("Bara i det som används", "Only in use"),
    "only_rebuilt": Text("Bara ombyggt", "Only rebuilt"),
    "value_rebuilt": Text("Ombyggt", "Rebuilt"),
}
VERIFY_WORDS = {
    "equal": Text("lika", "equal"),
    "present": Text("finns", "present"),
    "missing": Text("saknas", "missing"),
}
# Columns of a voucher and its postings; one that is not here is shown by its own name.
FIELDS = {
    "account": Text("konto", "account"),
    "amount": Text("belopp", "amount"),
    "digest": Text("kontrollsumma", "digest"),
    "objects": Text("objekt", "objects"),
    "posting_date": Text("radens datum", "posting date"),
    "quantity": Text("kvantitet", "quantity"),
    "registered_on": Text("registrerad", "registered on"),
    "seen_attempt": Text("senast sedd i försök", "last seen in attempt"),
    "seen_run": Text("senast sedd i körning", "last seen in run"),
    "signature": Text("signatur", "signature"),
    "source_id": Text("källans id", "source's id"),
    "state": Text("läge", "state"),
    "text": Text("text", "text"),
    "voucher_date": Text("datum", "date"),
}
