"""奖励办法 as people write it: reading the YAML form, and showing a version back as the sentences of a regulation.

The form (rewards/data/reward-scheme.yaml):

    document: 新闻报道奖励办法
    currency: CNY
    rules:
      - {when: {level: 国家}, amount: 100}          # yuan; a condition is one word or a list of words
    same_piece: highest                             # or cumulative; optional
    exemption: …    shortfall: …                    # as written, kept as text
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from correspondents.states import Genre
from plans.states import Level, Medium
from rewards.models import SchemeVersion
from rewards.states import SamePiece
from toolkit.money import format_yuan, yuan_to_fen

LONGEST_TEXT = 64 * 1024
MOST_RULES = 200
MOST_YUAN = 1_000_000

LEVELS = {
    "国家": Level.NATIONAL,
    "省": Level.PROVINCE,
    "市州": Level.PREFECTURE,
    "州直部门": Level.BUREAU,
    "县区": Level.COUNTY,
    "院内": Level.HOUSE,
}
MEDIA = {
    "报纸": Medium.NEWSPAPER,
    "电视": Medium.TELEVISION,
    "网站": Medium.WEBSITE,
    "公众号": Medium.WECHAT,
    "微博": Medium.WEIBO,
    "短视频": Medium.VIDEO,
    "内刊": Medium.BRIEFING,
    "杂志": Medium.MAGAZINE,
}
GENRES = {
    "消息": Genre.NEWS,
    "通讯": Genre.FEATURE,
    "评论": Genre.COMMENT,
    "科普": Genre.SCIENCE,
    "图片": Genre.PICTURE,
    "视频": Genre.VIDEO,
    "信息": Genre.INFO,
    "简报": Genre.BRIEF,
}
CONDITIONS: dict[str, Mapping[str, str]] = {"level": LEVELS, "medium": MEDIA, "genre": GENRES}
# Worked cases may stand in the same file; they are for whoever checks a calculator.
KNOWN = {"document", "currency", "rules", "same_piece", "exemption", "shortfall", "cases", "capitals"}


class SchemeRefused(ValidationError):
    """What can't be read; each message is a sentence that names the place and the cure."""


@dataclass(frozen=True)
class RuleReading:
    """Codes of Level, Medium and Genre; an empty tuple means any."""

    levels: tuple[str, ...]
    media: tuple[str, ...]
    genres: tuple[str, ...]
    amount_fen: int


@dataclass(frozen=True)
class SchemeReading:
    name: str
    rules: tuple[RuleReading, ...]
    same_piece: str
    exemption_text: str
    shortfall_text: str


def read_scheme(text: str) -> SchemeReading:
    """The YAML form as data. Raises SchemeRefused with every problem found, not only the first."""
    data = _load(text)
    problems: list[str] = []
    unknown = sorted(str(key) for key in data if key not in KNOWN)
    if unknown:
        problems.append(
            _("Unknown entries: %(names)s. Please remove or correct them.") % {"names": "、".join(unknown)}
        )
    if data.get("currency", "CNY") != "CNY":
        problems.append(_("The currency must be CNY."))
    same_piece = data.get("same_piece", SamePiece.HIGHEST)
    if same_piece not in SamePiece.values:
        problems.append(_("“same_piece” must be “highest” or “cumulative”."))
    name = _text(data, "document", 80, problems)
    if not name:
        problems.append(_("The name of the document is missing: add a line “document: …”."))
    rules = _rules(data.get("rules"), problems)
    exemption = _text(data, "exemption", 200, problems)
    shortfall = _text(data, "shortfall", 200, problems)
    if problems:
        raise SchemeRefused(problems)
    return SchemeReading(name, tuple(rules), str(same_piece), exemption, shortfall)


def _load(text: str) -> dict[Any, Any]:
    if len(text) > LONGEST_TEXT:
        raise SchemeRefused(
            _("The file is larger than 64 KB; a reward scheme is much shorter. Please check the file.")
        )
    try:
        # Aliases let a small file grow without bound when it is walked; a scheme needs none.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise SchemeRefused(_("The file uses YAML aliases (*name). Please write the values out."))
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise SchemeRefused(
            _("The file is not valid YAML; look at line %(line)s.") % {"line": line}
        ) from error
    except (ValueError, RecursionError) as error:
        raise SchemeRefused(
            _("The file is not a reward scheme. Please use the form of the sample file.")
        ) from error
    if not isinstance(data, dict):
        raise SchemeRefused(_("The file is not a reward scheme. Please use the form of the sample file."))
    return data


def _text(data: Mapping[Any, Any], key: str, longest: int, problems: list[str]) -> str:
    value = data.get(key, "")
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        problems.append(
            _("“%(key)s” must be a text of at most %(longest)s characters.")
            % {"key": key, "longest": longest}
        )
        return ""
    return value.strip()


def _rules(value: Any, problems: list[str]) -> list[RuleReading]:
    if not isinstance(value, list) or not value:
        problems.append(_("There are no rules: “rules” must be a list with at least one rule."))
        return []
    if len(value) > MOST_RULES:
        problems.append(
            _("There are more than %(most)s rules. Please check the file.") % {"most": MOST_RULES}
        )
        return []
    rules: list[RuleReading] = []
    seen: dict[tuple[frozenset[str], ...], int] = {}
    for number, raw in enumerate(value, 1):
        rule = _rule(number, raw, problems)
        if rule is None:
            continue
        conditions = tuple(frozenset(codes) for codes in (rule.levels, rule.media, rule.genres))
        if conditions in seen:
            problems.append(
                _("Rules %(first)s and %(second)s have the same conditions. Please keep one of them.")
                % {"first": seen[conditions], "second": number}
            )
        seen.setdefault(conditions, number)
        rules.append(rule)
    return rules


def _rule(number: int, raw: Any, problems: list[str]) -> RuleReading | None:
    if not isinstance(raw, dict) or set(raw) - {"when", "amount"} or "amount" not in raw:
        problems.append(
            _("Rule %(number)s must have “when” and “amount”, nothing else.") % {"number": number}
        )
        return None
    when = raw.get("when") or {}
    if not isinstance(when, dict):
        problems.append(_("Rule %(number)s: “when” must name conditions.") % {"number": number})
        return None
    for key in when:
        if key not in CONDITIONS:
            problems.append(
                _("Rule %(number)s: unknown condition “%(key)s”; known are %(known)s.")
                % {"number": number, "key": key, "known": "、".join(CONDITIONS)}
            )
    found = {key: _codes(number, when.get(key), words, problems) for key, words in CONDITIONS.items()}
    amount = _amount(number, raw["amount"], problems)
    return None if amount is None else RuleReading(found["level"], found["medium"], found["genre"], amount)


def _codes(number: int, value: Any, words: Mapping[str, str], problems: list[str]) -> tuple[str, ...]:
    if value is None:
        return ()
    wanted = value if isinstance(value, list) else [value]
    codes = []
    for word in wanted:
        code = words.get(word) if isinstance(word, str) else None
        if code is None:
            problems.append(
                _("Rule %(number)s: “%(word)s” is not known here; possible are %(known)s.")
                % {"number": number, "word": word, "known": "、".join(words)}
            )
        else:
            codes.append(str(code))
    return tuple(dict.fromkeys(codes))


def _amount(number: int, value: Any, problems: list[str]) -> int | None:
    """Yuan to fen; a YAML float is read by its digits, as written."""
    fen: int | None = None
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            amount = Decimal(str(value))
            if amount.is_finite() and 0 <= amount <= MOST_YUAN:
                fen = yuan_to_fen(amount)
        except (InvalidOperation, ValueError):
            fen = None
    if fen is None:
        problems.append(
            _("Rule %(number)s: the amount “%(value)s” must be yuan from 0 up, with at most two decimals.")
            % {"number": number, "value": value}
        )
    return fen


@dataclass(frozen=True)
class Article:
    """One article of the regulation. ``number`` counts from 1."""

    number: int
    text: str


def rule_sentence(rule: Any) -> str:
    """A Rule or RuleReading as the sentence of an article."""
    levels = _names(rule.levels, dict(Level.choices))
    media = _names(rule.media, dict(Medium.choices)) or _("media")
    genres = _names(rule.genres, dict(Genre.choices))
    words = {"levels": levels, "media": media, "genres": genres, "amount": format_yuan(rule.amount_fen)}
    if genres and levels:
        return _("%(genres)s taken by %(levels)s: %(amount)s yuan each.") % words
    if genres:
        return _("%(genres)s used by %(media)s of any level: %(amount)s yuan each.") % words
    if levels:
        return _("A piece used by %(media)s of level %(levels)s: %(amount)s yuan each.") % words
    return _("A piece used by %(media)s of any level: %(amount)s yuan each.") % words


def _names(codes: Iterable[str], labels: Mapping[str, Any]) -> str:
    return "、".join(str(labels.get(code, code)) for code in codes)


def articles(
    *,
    rules: Iterable[Any],
    same_piece: str,
    exemption_text: str,
    shortfall_text: str,
    exemptions: Iterable[tuple[str, int]] = (),
    rates: Iterable[tuple[str, int]] = (),
) -> list[Article]:
    """The whole scheme as numbered articles. `exemptions`: department, pieces; `rates`: category, fen."""
    sentences = [rule_sentence(rule) for rule in rules]
    sentences.append(_("The first article that applies decides; what none of them names is not rewarded."))
    if same_piece == SamePiece.HIGHEST:
        sentences.append(_("A piece used by several outlets is rewarded once, at the highest amount."))
    else:
        sentences.append(_("A piece used by several outlets is rewarded for each."))
    sentences.append(_("Authors of one piece share equally; the odd fen goes to the first author."))
    sentences.append(_("Paid and co-operation pages are not rewarded."))
    exempt = [
        _(
            "Staff of %(department)s: the first %(count)s rewarded pieces of a year count as their own quota, "
            "without reward; beyond it the full amount."
        )
        % {"department": department, "count": count}
        for department, count in exemptions
    ]
    sentences += [f"{exemption_text.rstrip('。')}。"] if exemption_text else []
    sentences += exempt
    sentences += [f"{shortfall_text.rstrip('。')}。"] if shortfall_text else []
    sentences += [
        _("Each piece of “%(category)s” missing from the yearly target is deducted at %(amount)s yuan.")
        % {"category": category, "amount": format_yuan(fen)}
        for category, fen in rates
    ]
    return [Article(number, sentence) for number, sentence in enumerate(sentences, 1)]


def articles_of(version: SchemeVersion) -> list[Article]:
    """The articles of a stored version; `selectors.with_articles` fetches what they need."""
    return articles(
        rules=version.rules.all(),
        same_piece=version.same_piece,
        exemption_text=version.exemption_text,
        shortfall_text=version.shortfall_text,
        exemptions=[(one.department.name, one.quota_per_person) for one in version.exemptions.all()],
        rates=[(one.category.name, one.rule.amount_fen) for one in version.shortfall_rates.all()],
    )
