"""`bokflow trial-balance`: the balance of every account in a fiscal year."""

import asyncpg

from projections.queries.trial_balance import TrialBalance
from projections.queries.trial_balance import trial_balance as balance_of
from streams.command_line.answer import refusals, tell
from streams.command_line.books import Books, BooksInUse
from streams.command_line.options import (
    DATA_DIR,
    Company,
    DataDir,
    Lang,
    Options,
    Output,
    Year,
    check_company_id,
    read_year,
)
from streams.command_line.show import add_row, amount, day, new_table, printer
from streams.command_line.texts import label

AMOUNTS = ("opening", "movement", "closing")


def trial_balance(
    company: Company,
    year: Year = None,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Show opening balance, movement and closing balance of every account in a fiscal year."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        check_company_id(company)
        show_trial_balance(options, BooksInUse(options), company, year=year)


def show_trial_balance(options: Options, books: Books, company: str, *, year: str | None) -> None:
    """Shows what the books say of a year. Raises CommandRefused, NotFound."""
    wanted = read_year(year)

    async def question(connection: asyncpg.Connection, ledger: str) -> TrialBalance:
        return await balance_of(connection, company, wanted, ledger=ledger)

    tell(options, books.ask(question), _show)


def _show(found: TrialBalance, language: str) -> None:
    table = new_table(language, ["account", "name", *AMOUNTS], right=AMOUNTS)
    for row in found.accounts:
        amounts = [amount(getattr(row, name), language) for name in AMOUNTS]
        add_row(table, row.account, row.name, *amounts)
    table.add_section()
    totals = [amount(getattr(found.totals, name), language) for name in AMOUNTS]
    add_row(table, "", label("total", language), *totals, style="bold")
    console = printer()
    console.print(
        label(
            "title.trial_balance",
            language,
            company_id=found.company_id,
            start=day(found.fiscal_year.start),
            end=day(found.fiscal_year.end),
        ),
        style="bold",
    )
    console.print(table)
    if found.basis == "totals":
        console.print(label("basis.totals", language))
