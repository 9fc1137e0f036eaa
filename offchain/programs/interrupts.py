"""Ctrl-C while a program is still being imported: it ends at once, without a traceback."""

import signal


def die_of_interrupts() -> None:
    """Let an interrupt end the process as the system does, unless it is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def say_interrupts() -> None:
    """Undo `die_of_interrupts`: from now on somebody handles ``KeyboardInterrupt``."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
