"""A real OpenLDAP server with a certificate of its own, on a folder that goes away."""

from __future__ import annotations

import ipaddress
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BASE = "ou=people,dc=hospital,dc=test"
PASSWORD = "Ldap-Tulip-2026"
CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/ca.pem
TLSCertificateKeyFile {folder}/key.pem
security simple_bind=128
database mdb
suffix "dc=hospital,dc=test"
directory {folder}/db
maxsize 10485760
access to attrs=userPassword by anonymous auth by * none
access to * by users read
"""


def start(folder: Path, port: int, people: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """A server that refuses passwords without encryption; `folder`/ca.pem is what clients trust."""
    folder.mkdir()
    (folder / "db").mkdir()
    certificate(folder)
    (folder / "slapd.conf").write_text(CONFIG.format(folder=folder))
    entries = ["dn: dc=hospital,dc=test\nobjectClass: dcObject\nobjectClass: organization\no: Hospital\n"]
    entries.append(f"dn: {BASE}\nobjectClass: organizationalUnit\nou: people\n")
    entries += [
        f"dn: uid={name},{BASE}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: {name}\n"
        f"userPassword: {PASSWORD}\n"
        for name in people
    ]
    (folder / "people.ldif").write_text("\n".join(entries))
    slapd = shutil.which("slapd") or "/usr/sbin/slapd"
    config = ["-f", str(folder / "slapd.conf")]
    subprocess.run([slapd, "-T", "add", *config, "-l", str(folder / "people.ldif")], check=True)
    command = [slapd, "-d", "0", *config, "-h", f"ldap://127.0.0.1:{port}"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)


def certificate(folder: Path) -> None:
    """A self-signed certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
