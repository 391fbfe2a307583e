"""The sentences of the remarks about a SIE file, in Swedish and English, by code."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class DiagnosticText:
    """How serious a remark is, and its sentence in both languages."""

    severity: Literal["information", "warning", "error"]
    sv: str
    en: str


def _information(sv: str, en: str) -> DiagnosticText:
    return DiagnosticText("information", sv, en)


def _warning(sv: str, en: str) -> DiagnosticText:
    return DiagnosticText("warning", sv, en)


def _error(sv: str, en: str) -> DiagnosticText:
    return DiagnosticText("error", sv, en)


TEXTS: dict[str, DiagnosticText] = {
    # The file as a whole.
    "control_characters": _warning(
        "Filen har {count} styrtecken, som SIE inte tillåter i text.",
        "The file has {count} control characters, which SIE does not allow in text.",
    ),
    "characters_replaced": _warning(
        "{count} tecken gick inte att läsa och ersattes.",
        "{count} characters could not be read and were replaced.",
    ),
    "text_damaged": _warning(
        "{count} bokstäver var förstörda redan när filen skapades och behölls som de är.",
        "{count} letters were damaged already when the file was made, and were kept as they are.",
    ),
    "checksum_uncheckable": _information(
        "Kontrollsumman kan inte prövas: ett tecken saknas i teckentabell 437, eller en rad är"
        " för lång.",
        "The checksum cannot be verified: a character is missing in code page 437, or a line is"
        " too long.",
    ),
    "checksum_differs": _warning(
        "Kontrollsumman stämmer inte; filen lästes in ändå, på begäran.",
        "The checksum does not match; the file was accepted all the same, on request.",
    ),
    "already_read": _information(
        "Filen är märkt som redan inläst (#FLAGGA 1).",
        "The file is marked as already read (#FLAGGA 1).",
    ),
    "label_unknown": _information(
        "Posten {label} är okänd och hoppades över.", "The record {label} is unknown and skipped."
    ),
    "text_ignored": _warning(
        "En rad utan etikett hoppades över: {text}", "A line without a label was skipped: {text}"
    ),
    "other_year": _information(
        "{label} för ett annat år än år 0 används inte.",
        "{label} of another year than year 0 is not used.",
    ),
    # How the records are spelt.
    "quote_unclosed": _warning(
        "Ett citattecken i {label} avslutas inte; fältet slutar med raden.",
        "A quote in {label} is never closed; the field ends with its line.",
    ),
    "quote_inside": _warning(
        "Ett citattecken inne i en text i {label} togs som text.",
        "A quote inside a text of {label} was taken as text.",
    ),
    "name_unquoted": _warning(
        "Texten i {label} saknar citattecken; fälten slogs ihop.",
        "The text of {label} has no quotes; its fields were joined.",
    ),
    "object_list_missing": _warning(
        "{label} saknar objektlista; den togs som tom.",
        "{label} has no object list; it was taken as empty.",
    ),
    "object_list_odd": _warning(
        "Objektlistan består inte av par: {text}",
        "The object list does not consist of pairs: {text}",
    ),
    "dimension_twice": _warning(
        "Dimension {dimension} står två gånger i en objektlista; den sista gäller.",
        "Dimension {dimension} stands twice in an object list; the last one counts.",
    ),
    "amount_irregular": _warning(
        "Beloppet {text} är inte skrivet som SIE föreskriver, men är entydigt.",
        "The amount {text} is not written as SIE prescribes, but is unambiguous.",
    ),
    "date_irregular": _warning(
        "Datumet {text} är inte skrivet som SIE föreskriver, men är entydigt.",
        "The date {text} is not written as SIE prescribes, but is unambiguous.",
    ),
    "date_outside_year": _warning(
        "Datumet {date} ligger utanför räkenskapsåret; det behölls.",
        "The date {date} lies outside the fiscal year; it was kept.",
    ),
    "fields_surplus": _information(
        "{label} har fler fält än SIE känner; de hoppades över.",
        "{label} has more fields than SIE knows; they were skipped.",
    ),
    "text_cut": _warning(
        "En text i {label} är för lång och kortades.", "A text in {label} is too long and was cut."
    ),
    "quantity_left_out": _warning(
        "Kvantiteten {text} går inte att läsa eller har för många siffror och utelämnades.",
        "The quantity {text} cannot be read or has too many digits, and was left out.",
    ),
    "row_date_unreadable": _warning(
        "Datumet {text} går inte att läsa och utelämnades.",
        "The date {text} cannot be read and was left out.",
    ),
    "brace_missing": _warning(
        "En klammer saknas i verifikationen.", "A brace is missing in the voucher."
    ),
    "brace_misplaced": _warning(
        "En klammer står på samma rad som en post.", "A brace stands on the line of a record."
    ),
    # What the header says.
    "stands_twice": _warning(
        "{label} står flera gånger med olika innehåll; den första gäller: {text}",
        "{label} stands several times with other content; the first one counts: {text}",
    ),
    "fiscal_year_unreadable": _warning(
        "Räkenskapsåret går inte att läsa och användes inte: {text}",
        "The fiscal year cannot be read and was not used: {text}",
    ),
    "fiscal_year_long": _warning(
        "Räkenskapsåret är {months} månader långt; 18 är det längsta tillåtna.",
        "The fiscal year is {months} months long; 18 is the longest allowed.",
    ),
    "currency_unreadable": _warning(
        "Valutan {text} är ingen valutakod; SEK antas.",
        "The currency {text} is no currency code; SEK is assumed.",
    ),
    "header_date_unreadable": _warning(
        "Datumet i {label} går inte att läsa: {text}", "The date in {label} cannot be read: {text}"
    ),
    "record_ignored": _warning(
        "{label} är ofullständig, oläsbar eller för lång och användes inte: {text}",
        "{label} is incomplete, unreadable or too long and was not used: {text}",
    ),
    "account_twice": _warning(
        "Konto {account} står två gånger i kontoplanen; det sista namnet gäller.",
        "Account {account} stands twice in the chart; the last name counts.",
    ),
    "account_undeclared": _warning(
        "{label} gäller konto {account}, som inte finns i kontoplanen.",
        "{label} is about account {account}, which the chart does not have.",
    ),
    "balance_unreadable": _error(
        "Saldot i {label} går inte att läsa och användes inte: {text}",
        "The balance in {label} cannot be read and was not used: {text}",
    ),
    "balance_of_several": _information(
        "{label} för objekt i flera dimensioner samtidigt används inte.",
        "{label} of objects of several dimensions at once is not used.",
    ),
    "balance_twice": _warning(
        "{label} för konto {account} står två gånger; den sista gäller.",
        "{label} of account {account} stands twice; the last one counts.",
    ),
    "object_rows_ignored": _information(
        "{label} för objekt hör inte hemma i en fil av typ 2 och användes inte.",
        "{label} of objects does not belong in a file of type 2 and was not used.",
    ),
    "opening_not_carried": _warning(
        "Ingående balans {opening} på konto {account} är inte föregående års utgående {closing}.",
        "The opening balance {opening} of account {account} is not the closing balance {closing} "
        "of the year before.",
    ),
    "opening_of_result_account": _warning(
        "Resultatkonto {account} har en ingående balans: {opening}.",
        "The result account {account} has an opening balance: {opening}.",
    ),
    "fiscal_years_apart": _warning(
        "År {earlier} slutar {last_day} och år {later} börjar {first_day}: "
        "räkenskapsåren följer inte på varandra.",
        "Year {earlier} ends {last_day} and year {later} begins {first_day}: "
        "the fiscal years do not follow each other.",
    ),
    "totals_not_balanced": _warning(
        "Utgående balanser och resultat är tillsammans {closing}, ingående balanser {opening}.",
        "Closing balances and results are {closing} together, opening balances {opening}.",
    ),
    # The vouchers.
    "vouchers_not_of_type": _warning(
        "Filen är av typ {sie_type}, som inte har verifikationer; {count} sådana användes inte.",
        "The file is of type {sie_type}, which has no vouchers; {count} of them were not used.",
    ),
    "row_outside_voucher": _warning(
        "{label} står utanför en verifikation och användes inte.",
        "{label} stands outside a voucher and was not used.",
    ),
    "added_row_alone": _warning(
        "Den tillagda raden (#RTRANS) på konto {account} följs inte av sin #TRANS "
        "och bokfördes inte.",
        "The added row (#RTRANS) on account {account} is not followed by its #TRANS "
        "and was not booked.",
    ),
    "number_twice": _warning(
        "Verifikation {series} {number} finns flera gånger; alla behölls.",
        "Voucher {series} {number} comes several times; all were kept.",
    ),
    "set_aside_unbalanced": _error(
        "Verifikation {series} {number} lades åt sidan: debet och kredit skiljer {difference}.",
        "Voucher {series} {number} was set aside: debit and credit differ by {difference}.",
    ),
    "set_aside_voucher_date": _error(
        "Verifikation {series} {number} lades åt sidan: datumet saknas eller är omöjligt "
        "({detail}).",
        "Voucher {series} {number} was set aside: its date is missing or impossible ({detail}).",
    ),
    "set_aside_amount": _error(
        "Verifikation {series} {number} lades åt sidan: ett belopp går inte att läsa ({detail}).",
        "Voucher {series} {number} was set aside: an amount cannot be read ({detail}).",
    ),
    "set_aside_outside_limits": _error(
        "Verifikation {series} {number} lades åt sidan: ett fält är tomt, för långt "
        "eller för stort ({detail}).",
        "Voucher {series} {number} was set aside: a field is empty, too long "
        "or too large ({detail}).",
    ),
    "set_aside_too_large": _error(
        "Verifikation {series} {number} lades åt sidan: den är för stor ({detail}).",
        "Voucher {series} {number} was set aside: it is too large ({detail}).",
    ),
}
