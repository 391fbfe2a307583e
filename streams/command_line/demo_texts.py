"""What the command line says of the demo, in Swedish and English."""

from streams.command_line.text import Text

DEMO_LABELS = {
    "demo.company": Text("Företaget {company_id}", "The company {company_id}"),
    "demo.imported": Text(
        "  {file}: {count} verifikationer ({status})", "  {file}: {count} vouchers ({status})"
    ),
    "demo.connected": Text(
        "  {company_id}, ansluten till ett simulerat Fortnox: {count} verifikationer lästa"
        " ({status})",
        "  {company_id}, connected to a simulated Fortnox: {count} vouchers read ({status})",
    ),
    "demo.kept": Text(
        "  {companies}: lämnas som de är; {directory} borttagen ger en ny demo",
        "  {companies}: left as they are; with {directory} removed the demo begins anew",
    ),
    "demo.next": Text(
        "{connected} synkas av sig själv var {seconds}:e sekund medan dess bokföring ändras.\n"
        "Prova nu, i en annan terminal:\n"
        "  .venv/bin/bokflow status {connected} --watch\n"
        "  .venv/bin/bokflow sync {connected} --wait\n"
        "  .venv/bin/bokflow runs {connected}\n"
        "  .venv/bin/bokflow purge {connected} --reload --wait\n"
        "  .venv/bin/bokflow connect {unconnected} --source {source} --wait\n"
        "  .venv/bin/bokflow connections list\n"
        "  .venv/bin/bokflow status {company_id}\n"
        "  .venv/bin/bokflow vouchers {company_id} --latest 10\n"
        "  .venv/bin/bokflow trial-balance {company_id}\n"
        "  .venv/bin/bokflow import FIL.se --company mitt-bolag --wait\n"
        "  .venv/bin/bokflow doctor\n"
        "SIE-filerna ligger i {directory}.",
        "{connected} syncs by itself every {seconds} seconds while its books change.\n"
        "Try now, in another terminal:\n"
        "  .venv/bin/bokflow status {connected} --watch\n"
        "  .venv/bin/bokflow sync {connected} --wait\n"
        "  .venv/bin/bokflow runs {connected}\n"
        "  .venv/bin/bokflow purge {connected} --reload --wait\n"
        "  .venv/bin/bokflow connect {unconnected} --source {source} --wait\n"
        "  .venv/bin/bokflow connections list\n"
        "  .venv/bin/bokflow status {company_id}\n"
        "  .venv/bin/bokflow vouchers {company_id} --latest 10\n"
        "  .venv/bin/bokflow trial-balance {company_id}\n"
        "  .venv/bin/bokflow import FILE.se --company my-company --wait\n"
        "  .venv/bin/bokflow doctor\n"
        "The SIE files are in {directory}.",
    ),
}
