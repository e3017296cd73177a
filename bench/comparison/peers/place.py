"""Where the program of a peer is, and what it calls its version."""
import re
import shutil
import subprocess

_ELSEWHERE = "/usr/sbin:/usr/local/sbin:/opt/fluent-bit/bin"

def program(name):
    """On the PATH, or where packages have their servers; None: nowhere."""
    return shutil.which(name) or shutil.which(name, path=_ELSEWHERE)


def version(words, environment=None):
    """The first number in its output that looks like a version; "?" if there is none."""
    try:
        said = subprocess.run([str(word) for word in words], capture_output=True, text=True, errors="replace", timeout=20, env=environment, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "?"
    found = re.search(r"\d+\.\d+(\.\d+)*", said.stdout + said.stderr)
    return found.group() if found else "?"
