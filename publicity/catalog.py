"""The Chinese catalogue: one file, rewritten from the sources in one stable order, compiled without system gettext.

Several people may run it at once, so every change happens under a file lock and replaces the file in one step.
The file has no dates, line numbers or references: two people's changes touch different lines.
"""

import fcntl
import io
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po

from publicity.catalog_extract import Phrase, UnreadableFile, extract

LOCALE = "zh_Hans"
HEADER = """# Simplified Chinese. Written by `manage.py catalog`; edit only the msgstr lines.
msgid ""
msgstr ""
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: zh_Hans\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
# No space flag, so that "80% reached" is a percent sign and not a "% r".
PLACEHOLDER = re.compile(r"%(?:\((?P<name>\w+)\))?(?P<kind>[-+#0-9.]*[a-zA-Z%])|\{(?P<brace>\w*)\}")

Key = tuple[str, str]  # (context, singular)


@dataclass
class Report:
    """What is wrong with the catalogue; each list holds sentences or msgids for a person."""

    missing: list[str] = field(default_factory=list)
    fuzzy: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    obsolete: list[str] = field(default_factory=list)
    mismatched: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """One line per problem; empty when the catalogue is complete."""
        headings = {
            "no translation": self.missing,
            "marked fuzzy": self.fuzzy,
            "not in the file yet (run manage.py catalog)": self.unlisted,
            "in the file, in no source (run manage.py catalog)": self.obsolete,
            "placeholders differ": self.mismatched,
            "file not read": self.unreadable,
        }
        return [f"{heading}: {entry}" for heading, entries in headings.items() for entry in entries]


class ChineseCatalog:
    """`locale/zh_Hans/LC_MESSAGES/django.po` of the project at `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.po = root / "locale" / LOCALE / "LC_MESSAGES" / "django.po"
        self.mo = self.po.with_suffix(".mo")

    def update(self, filling: dict[str, str] | None = None) -> Report:
        """Take the sources' phrases, drop what no source has, put `filling` in (msgid -> Chinese), compile."""
        with self._locked():
            phrases, unreadable = self._phrases()
            old = self._read()
            new = _merged(phrases, old, keep_obsolete=bool(unreadable))
            unused = _fill(new, filling or {})
            self._write(new)
            self._compile(new)
            report = _examined(new, phrases, unreadable)
            report.obsolete = [f"{msgid} (given, but in no source)" for msgid in unused]
            return report

    def compile(self) -> None:
        """Make the .mo from the .po as it is, leaving the .po alone."""
        with self._locked():
            self._compile(self._read())

    def check(self) -> Report:
        """What is wrong with the file as it stands; nothing is written."""
        phrases, unreadable = self._phrases()
        catalog = self._read()
        report = _examined(catalog, phrases, unreadable)
        wanted = {(phrase.context, phrase.singular) for phrase in phrases}
        listed = {_key(message) for message in _messages(catalog)}
        report.unlisted = sorted(singular for _context, singular in wanted - listed)
        report.obsolete = sorted(singular for _context, singular in listed - wanted)
        return report

    def untranslated(self) -> dict[str, str]:
        """{msgid: ""} of everything without a translation, including what isn't in the file yet."""
        phrases, _unreadable = self._phrases()
        catalog = _merged(phrases, self._read(), keep_obsolete=False)
        return {_key(message)[1]: "" for message in _messages(catalog) if not _translation(message)}

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.po.parent.mkdir(parents=True, exist_ok=True)
        with (self.po.parent / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _phrases(self) -> tuple[list[Phrase], list[str]]:
        found = list(extract(self.root))
        phrases = [item for item in found if isinstance(item, Phrase)]
        return phrases, [str(item) for item in found if isinstance(item, UnreadableFile)]

    def _read(self) -> Catalog:
        if not self.po.exists():
            return Catalog(locale=LOCALE)
        try:
            return read_po(io.BytesIO(self.po.read_bytes()), locale=LOCALE, abort_invalid=True)
        except PoFileError as error:
            raise ValueError(f"{self.po}: {error}") from error

    def _write(self, catalog: Catalog) -> None:
        text = io.BytesIO()
        write_po(
            text, catalog, width=0, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True
        )
        content = HEADER.encode() + text.getvalue()
        if not self.po.exists() or self.po.read_bytes() != content:
            _replace(self.po, content)

    def _compile(self, catalog: Catalog) -> None:
        compiled = io.BytesIO()
        write_mo(compiled, catalog)
        _replace(self.mo, compiled.getvalue())


def load_filling(path: Path) -> dict[str, str]:
    """Read {msgid: Chinese} from a JSON file; ValueError says what is wrong with it."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: {error}") from error
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise ValueError(f"{path}: one object of msgid: translation is expected")
    return given


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


def _messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def _key(message: Message) -> Key:
    singular = message.id[0] if isinstance(message.id, (list, tuple)) else message.id
    return message.context or "", str(singular)


def _translation(message: Message) -> str:
    string = message.string or ""
    return string if isinstance(string, str) else "".join(form or "" for form in string[:1])


def _merged(phrases: list[Phrase], old: Catalog, *, keep_obsolete: bool) -> Catalog:
    """A new catalogue of `phrases` with the translations of `old`; a plural found anywhere makes the entry plural."""
    known = {_key(message): message for message in _messages(old)}
    plurals: dict[Key, str] = {}
    for phrase in phrases:
        key = (phrase.context, phrase.singular)
        plurals[key] = plurals.get(key, "") or phrase.plural
    if keep_obsolete:
        for key, message in known.items():
            plurals.setdefault(key, str(message.id[1]) if isinstance(message.id, (list, tuple)) else "")
    new = Catalog(locale=LOCALE)
    for (context, singular), plural in plurals.items():
        before = known.get((context, singular))
        _add(
            new,
            context,
            singular,
            plural,
            _translation(before) if before else "",
            bool(before and before.fuzzy),
        )
    return new


def _add(catalog: Catalog, context: str, singular: str, plural: str, chinese: str, fuzzy: bool) -> None:
    catalog.add(
        (singular, plural) if plural else singular,
        (chinese,) if plural else chinese,
        context=context or None,
        flags=("fuzzy",) if fuzzy else (),
    )


def _fill(catalog: Catalog, filling: dict[str, str]) -> list[str]:
    """Put the translations in; gives the msgids that no phrase has; empty translations are passed over.

    A plain msgid fills every context it has; "context\\x04msgid" fills only that one.
    """
    by_msgid: dict[str, list[Message]] = {}
    for message in _messages(catalog):
        context, singular = _key(message)
        by_msgid.setdefault(singular, []).append(message)
        if context:
            by_msgid.setdefault(f"{context}\x04{singular}", []).append(message)
    unused = []
    for given, chinese in filling.items():
        # Templates double a literal percent sign in the msgid; whoever translates needn't know.
        doubled = given not in by_msgid and given.replace("%", "%%") in by_msgid
        matches = by_msgid.get(given.replace("%", "%%") if doubled else given, [])
        if not matches:
            unused.append(given)
        for message in matches if chinese else []:
            text = chinese.replace("%", "%%") if doubled else chinese
            message.string = (text,) if isinstance(message.id, (list, tuple)) else text
            message.flags.discard("fuzzy")
    return unused


def _examined(catalog: Catalog, phrases: list[Phrase], unreadable: list[str]) -> Report:
    files = {(phrase.context, phrase.singular): phrase.file for phrase in phrases}
    report = Report(unreadable=unreadable)
    for message in sorted(_messages(catalog)):
        where = f"{_key(message)[1]!r} ({files.get(_key(message), 'no source')})"
        if not _translation(message):
            report.missing.append(where)
        elif message.fuzzy:
            report.fuzzy.append(where)
        elif not _same_placeholders(message):
            report.mismatched.append(where)
    return report


def _same_placeholders(message: Message) -> bool:
    """Chinese may leave out the count of a plural's singular, so either form of the English will do."""
    forms = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
    return placeholders(_translation(message)) in [placeholders(str(form)) for form in forms]


def placeholders(text: str) -> set[str]:
    """The placeholders of a message: named ones by name and kind, others as they stand; `%%` is a percent sign."""
    return {match[0] for match in PLACEHOLDER.finditer(text) if match["kind"] != "%"}
