"""What a password must be: mixed or long, and not one of those everybody tries first."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

PASSPHRASE = 20
CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")
FEWEST_DIFFERENT = 5
# What is left of a password when digits and signs are taken off and @ 0 1 $ 3 are read as a o i s e.
COMMON_CORES = frozenset(
    word
    for line in (
        "a aa ab abc abcd abcde abcdef abcdefg admin administrator asd asdf asdfg asdfghjkl changeme",
        "chanpin default demo dragon guest hello hospital huawei huanying iloveyou keshi letmein login",
        "manager master mima monkey newpassword nihao pass passw passwd password passwort publicity qaz",
        "qazwsx qq qwe qweasd qweasdzxc qwer qwert qwerty qwertyuiop renmin root secret server sunshine",
        "superman sysadmin system temp test tongxunyuan user wechat weixin welcome woaini woaizhongguo",
        "wsx xuanchuan xuanchuanke xxk yiyuan yonghu zaq zhongguo zxc zxcv zxcvbn zxcvbnm",
    )
    for word in line.split()
)
READ_AS = str.maketrans({"@": "a", "0": "o", "1": "i", "$": "s", "3": "e", "5": "s", "!": "i"})


class MixedOrLong:
    """Three of small letters, capitals, digits, signs; or a sentence of 20 characters."""

    def validate(self, password: str, user: Any = None) -> None:
        kinds = sum(bool(re.search(kind, password)) for kind in CLASSES)
        if kinds < 3 and len(password) < PASSPHRASE:
            raise ValidationError(self.get_help_text(), code="password_not_mixed")
        if len(set(password)) < FEWEST_DIFFERENT:
            raise ValidationError(_("Please use more different characters."), code="password_monotonous")

    def get_help_text(self) -> str:
        return _(
            "Please mix at least three of small letters, capital letters, digits and signs,"
            " or write a sentence of at least 20 characters."
        )


class NotCommonHere:
    """Refuses the words hospitals and keyboards suggest, however they are dressed up: Admin@123456, P@ssw0rd2026."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) >= PASSPHRASE:
            return
        low = password.lower()
        cores = {re.sub(r"[^a-z]", "", text) for text in (low, low.translate(READ_AS))}
        cores |= {re.sub(r"[^a-z]", "", re.sub(r"^[^a-z]+|[^a-z]+$", "", low).translate(READ_AS))}
        if any(core in COMMON_CORES for core in cores):
            raise ValidationError(
                _("This password is one of those that are tried first. Please think of another."),
                code="password_common_here",
            )

    def get_help_text(self) -> str:
        return _("Don't use a common word with digits behind it, such as Admin@123456.")
