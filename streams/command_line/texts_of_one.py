"""Texts with a count, where that is one: they stand for those of the same key in texts.py."""

from streams.command_line.text import Text

OF_ONE = {
    "as_of": Text(
        "{company_id} som bokföringen såg ut {at}: {count} meddelande.",
        "{company_id} as its books stood at {at}: {count} message.",
    ),
    "resumed": Text("{count} partition försöker igen", "{count} partition tries again"),
    "demo.imported": Text(
        "  {file}: {count} verifikation ({status})", "  {file}: {count} voucher ({status})"
    ),
    "demo.connected": Text(
        "  {company_id}, ansluten till ett simulerat Fortnox: {count} verifikation läst ({status})",
        "  {company_id}, connected to a simulated Fortnox: {count} voucher read ({status})",
    ),
    "remark.already_present": Text(
        "{count} verifikation finns redan i bokföringen och lades inte till igen (--again lägger"
        " till den).",
        "{count} voucher is in the books already and was not added again (--again adds it).",
    ),
    "remark.number_taken": Text(
        "{count} verifikation har ett nummer som bokföringen har med annat innehåll; den lades åt"
        " sidan.",
        "{count} voucher has a number that the books hold with other content; it was set aside.",
    ),
    "note.removed": Text(
        "{file}: {count} verifikation som filen inte har togs bort.",
        "{file}: {count} voucher that the file does not have was removed.",
    ),
    "note.differs": Text(
        "{file}: årets saldon avviker på {count} konto: se bokflow verify-totals {company_id}.",
        "{file}: the year's totals differ on {count} account: see bokflow verify-totals"
        " {company_id}.",
    ),
    "note.set_aside": Text(
        "{file}: {count} verifikation lades åt sidan: se bokflow vouchers {company_id}"
        " --set-aside.",
        "{file}: {count} voucher was set aside: see bokflow vouchers {company_id} --set-aside.",
    ),
    "differing_accounts": Text("{state} ({count} konto)", "{state} ({count} account)"),
    "sie.totals.differ": Text(
        "avviker på {count} konto från ingående balanser och verifikationer",
        "differ on {count} account from opening balances and vouchers",
    ),
    "more_remarks": Text(
        "{file}: {count} anmärkning till, se -o json.", "{file}: {count} more remark, see -o json."
    ),
}
