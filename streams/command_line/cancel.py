"""`bokflow cancel`: ends the run of a company that is going or waits."""

from schemas.commands import SyncCancelRequested
from streams.command_line.answer import refusals
from streams.command_line.engine_command import carry_out, command_id, requested_by
from streams.command_line.options import (
    DATA_DIR,
    Company,
    DataDir,
    Lang,
    Options,
    Output,
    Wait,
    check_company_id,
)


def cancel(
    company: Company,
    wait: Wait = False,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Cancel a company's run; with --wait, exit 0 once it has ended as cancelled."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        check_company_id(company)
        command = SyncCancelRequested(
            company_id=company, command_id=command_id(), requested_by=requested_by()
        )
    carry_out(options, command, waits=wait, until="run_ended", wanted="cancelled")
