"""Where ``modelchain`` begins: nothing else is imported before an interrupt is no traceback."""

from offchain.programs.interrupts import die_of_interrupts


def main() -> None:
    """Run the command line and end the process with its exit status."""
    die_of_interrupts()
    from offchain.cli import main as run_command_line

    run_command_line()
