"""Sign manifests with Ed25519 and check their signatures, offline, with nothing but the public key.

The private key comes from MSHI_SIGNING_KEY (PEM text) or MSHI_SIGNING_KEY_FILE (path of a PEM file); without either
nothing is signed. What is signed are the manifest's bytes as they are without the key `signature`.
Errors never show a key.
"""

import os
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from pipelines.errors import RunFailed, UsageError

ALGORITHM = "Ed25519"
_TEXT, _FILE = "MSHI_SIGNING_KEY", "MSHI_SIGNING_KEY_FILE"


class BadSignature(ValueError):
    """A signature that does not hold; says why."""


def check_key() -> None:
    """RunFailed if a signing key is named that cannot be used, so that a run stops before it has done anything."""
    _private_key()


def signature_of(content: bytes) -> dict[str, dict[str, str]]:
    """The key `signature` of a manifest of these bytes; nothing where no signing key is set."""
    key = _private_key()
    if key is None:
        return {}
    public = key.public_key().public_bytes_raw().hex()
    return {"signature": {"algorithm": ALGORITHM, "public_key": public, "value": key.sign(content).hex()}}


def signer_of(signature: Any, content: bytes) -> str:
    """The public key (hex) that signed these bytes; BadSignature if the signature does not hold."""
    try:
        if signature["algorithm"] != ALGORITHM:
            raise BadSignature("an unknown algorithm")
        public = str(signature["public_key"])
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature["value"]), content)
    except InvalidSignature:
        raise BadSignature("a signature of other bytes") from None
    except BadSignature:
        raise
    except (ValueError, KeyError, TypeError):
        raise BadSignature("something that is no signature") from None
    return public


def public_key_of(path: Path) -> str:
    """The public key (hex) in a PEM file; UsageError if there is none."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(f"--public-key {path}: no readable PEM file of a public key ({_why(error)})") from None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"--public-key: expected a key for {ALGORITHM}")
    return key.public_bytes_raw().hex()


def _private_key() -> Ed25519PrivateKey | None:
    text, file = os.environ.get(_TEXT), os.environ.get(_FILE)
    if not text and not file:
        return None
    if text and file:
        raise RunFailed(f"both {_TEXT} and {_FILE} are set: nothing was done; set one of them")
    name = _TEXT if text else _FILE
    try:
        key = load_pem_private_key(text.encode() if text else Path(str(file)).read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unusable(name if text else f"{name} {file}", f"it cannot be read ({_why(error)})") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable(name, "it is a key of another kind")
    return key


def _why(error: Exception) -> str:
    """Why a key cannot be read; the library's own sentence may hold a piece of it."""
    return error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__


def _unusable(name: str, found: str) -> RunFailed:
    return RunFailed(
        f"{name}: {found}; expected an Ed25519 private key in PEM (PKCS8) without a password; nothing was done; "
        "mend or unset it and run again"
    )
