"""How the commands of bench/ end."""
import signal
import sys


def of(name, arguments, work, failures, words=None, interrupted=""):
    """Reads the command line `words` with `arguments`, and works on it. Exit status: what work() says; 1 after one of `failures`, whose text is
    printed; 64 after a bad command line; 130 after ^C or SIGTERM, and `interrupted` is printed."""
    try:
        options = arguments(words)
    except SystemExit as end:
        return 64 if end.code else 0
    # Also where ^C is ignored, as in the background of a shell.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return work(options)
    except failures as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        if interrupted:
            print(f"\n{name}: {interrupted}", file=sys.stderr)
        return 130
