"""Signed manifests: signed by the run with the key of the environment, proved offline with the public key."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from texts import bank_register, bank_row

from pipelines.cli import main


def private_pem(key, password: bytes | None = None) -> str:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


def public_file(key, path: Path) -> str:
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return str(path)


@pytest.fixture
def key(tmp_path) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def public(key, tmp_path) -> str:
    return public_file(key, tmp_path / "public.pem")


@pytest.fixture
def other(tmp_path) -> str:
    return public_file(Ed25519PrivateKey.generate(), tmp_path / "other.pem")


def named(key) -> str:
    return f"1 by the key {key.public_key().public_bytes_raw().hex()[:16]}"


def test_a_signed_snapshot_is_proved_in_the_home_and_on_another_machine(
    night, mshi, key, public, other, monkeypatch, tmp_path, capsys
):
    monkeypatch.setenv("MSHI_SIGNING_KEY", private_pem(key))
    ran = night()
    monkeypatch.delenv("MSHI_SIGNING_KEY")
    for arguments in ([], ["--public-key", public], [ran.folder.name, "--public-key", public]):
        told = mshi("verify", *arguments)
        assert told.status == 0 and named(key) in told.out, told.out
    assert mshi("verify", "--public-key", other).status == 1

    folder = Path(shutil.copytree(ran.folder, tmp_path / "laptop" / "evidence"))
    elsewhere = [str(folder), "--home", str(tmp_path / "none")]
    assert main(["verify", *elsewhere, "--public-key", public]) == 0
    capsys.readouterr()
    assert main(["verify", *elsewhere, "--public-key", other]) == 1
    assert f"found the signature of the key {key.public_key().public_bytes_raw().hex()[:16]}" in capsys.readouterr().out
    whole = (folder / "manifest.json").read_bytes()
    for altered in alterations(whole):
        (folder / "manifest.json").write_bytes(altered)
        assert main(["verify", *elsewhere]) == 1, altered[:60]
        assert "evidence/manifest.json: found" in capsys.readouterr().out
    unsigned = {name: value for name, value in json.loads(whole).items() if name != "signature"}
    (folder / "manifest.json").write_text(json.dumps(unsigned))
    assert main(["verify", *elsewhere]) == 0
    assert main(["verify", *elsewhere, "--public-key", public]) == 1
    assert "found no signature that holds" in capsys.readouterr().out


def alterations(whole: bytes) -> list[bytes]:
    """What the id and the tables' hashes do not protect: figures, form, the signature itself."""
    told = json.loads(whole)

    def written(manifest: dict) -> bytes:
        return json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"

    assert written(told) == whole
    signature = told["signature"]
    flipped = f"{int(signature['value'], 16) ^ 1:0128x}"
    wrong: list = [{**signature, "value": flipped}, {**signature, "value": "zz"}, {**signature, "algorithm": "none"}]
    wrong += [{"algorithm": "Ed25519"}, "signed", None, {**signature, "public_key": "00"}]
    return [
        written({**told, "people": {**told["people"], "insured": 7}}),
        written({**told, "note": "x"}),
        json.dumps(told).encode(),
        whole.replace(b'{\n "', b'{\n "people": {}, "', 1),
        *(written({**told, "signature": one}) for one in wrong),
    ]


def test_a_key_file_signs_too_and_a_later_unsigned_manifest_is_named(put, night, mshi, key, monkeypatch, tmp_path):
    (tmp_path / "private.pem").write_text(private_pem(key))
    monkeypatch.setenv("MSHI_SIGNING_KEY_FILE", str(tmp_path / "private.pem"))
    assert night("2026-11-18").status == 0
    monkeypatch.setenv("MSHI_SIGNING_KEY_FILE", "")
    put("bank/a.csv", bank_register(bank_row("p1")))
    unsigned = night("2026-11-19")
    told = mshi("verify")
    assert told.status == 1 and f"{named(key)}, 1 by nobody" in told.out
    assert f"{unsigned.folder.name}/manifest.json: found no signature" in told.out


def test_a_key_signs_the_same_tables_and_the_same_id(put, night, home, key, monkeypatch, capsys):
    put("bank/a.csv", bank_register(bank_row("p1")))
    plain = night()
    manifest = json.loads((plain.folder / "manifest.json").read_text())
    shutil.rmtree(home / "snapshots")
    monkeypatch.setenv("MSHI_SIGNING_KEY", private_pem(key))
    assert main(["rerun", "2026-11", "--known-at", "2026-11-20", "--home", str(home)]) == 0
    signed = json.loads((plain.folder / "manifest.json").read_text())
    assert signed["signature"]["algorithm"] == "Ed25519"
    for name in ("id", "tables", "inputs"):
        assert signed[name] == manifest[name]


@pytest.mark.parametrize("wrong", ["text", "password", "kind", "public", "both", "file"])
def test_a_key_that_cannot_be_read_stops_the_run_before_it_has_begun(
    put, night, mshi, home, key, public, wrong, monkeypatch, tmp_path
):
    path = put("bank/a.csv", bank_register(bank_row("p1")))
    pem = {
        "text": "-----BEGIN PRIVATE KEY-----\nc2VjcmV0c2VjcmV0\n-----END PRIVATE KEY-----\n",
        "password": private_pem(key, b"secret"),
        "kind": private_pem(generate_private_key(SECP256R1())),
        "public": Path(public).read_text(),
        "both": private_pem(key),
    }
    if wrong in pem:
        monkeypatch.setenv("MSHI_SIGNING_KEY", pem[wrong])
    if wrong in ("both", "file"):
        monkeypatch.setenv("MSHI_SIGNING_KEY_FILE", str(tmp_path / "none.pem"))
    for ran in (night(), mshi("rerun", "2026-11", "--known-at", "2026-11-20")):
        assert ran.status == 1 and "MSHI_SIGNING_KEY" in ran.err and "nothing was done" in ran.err
        shown = ran.out + ran.err
        assert not any(line and line in shown for line in pem.get(wrong, "").splitlines())
    assert path.exists() and not list((home / "archive").glob("??/*"))


def test_a_public_key_that_is_none_is_a_usage_error(mshi, night, key, tmp_path):
    night()
    (tmp_path / "private.pem").write_text(private_pem(key))
    ec = public_file(generate_private_key(SECP256R1()), tmp_path / "ec.pem")
    for wrong in (str(tmp_path / "none.pem"), str(tmp_path / "private.pem"), ec):
        told = mshi("verify", "--public-key", wrong)
        assert told.status == 2 and "--public-key" in told.err


def test_keys_made_by_openssl_sign_and_prove(night, mshi, monkeypatch, tmp_path):
    """As the manual says; where there is no openssl the same form is made by the library."""
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    if shutil.which("openssl"):
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True)
        subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    else:
        made = Ed25519PrivateKey.generate()
        private.write_text(private_pem(made))
        public_file(made, public)
    monkeypatch.setenv("MSHI_SIGNING_KEY_FILE", str(private))
    night()
    assert mshi("verify", "--public-key", str(public)).status == 0
