"""Key pairs of NATS users (nkeys): Ed25519 by openssl, in the text form that servers and clients read."""
import base64
import subprocess
from binascii import crc_hqx
from dataclasses import dataclass

from comparison.processes import ProgramFailed

_SEED = 18 << 3  # "S", and with a user's five upper bits in the next byte: "SU"
_USER = 20 << 3  # "U"
_KEY_BYTES = 32


@dataclass(frozen=True)
class KeyPair:
    seed: str  # "SU…", for nats.nkey_file
    public: str  # "U…", for the server's list of users


def new_user():
    private = _openssl(["genpkey", "-algorithm", "ed25519", "-outform", "DER"])
    public = _openssl(["pkey", "-inform", "DER", "-pubout", "-outform", "DER"], private)
    # Both forms end with the 32 bytes of the key.
    return pair_of(private[-_KEY_BYTES:], public[-_KEY_BYTES:])


def pair_of(seed, public):
    return KeyPair(_text(bytes((_SEED | _USER >> 5, (_USER & 31) << 3)) + seed), _text(bytes((_USER,)) + public))


def _text(raw):
    """With the checksum CRC-16/XMODEM, least byte first."""
    return base64.b32encode(raw + crc_hqx(raw, 0).to_bytes(2, "little")).decode().rstrip("=")


def _openssl(words, given=b""):
    try:
        done = subprocess.run(["openssl", *words], input=given, capture_output=True, check=False)
    except OSError as error:
        raise ProgramFailed(f"openssl can't be started: {error}") from error
    if done.returncode:
        raise ProgramFailed(f"openssl {words[0]} has ended with status {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout
