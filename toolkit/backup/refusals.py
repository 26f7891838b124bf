"""What the commands tell a person instead of a traceback."""

from django.core.exceptions import ValidationError


class BackupRefused(ValidationError):
    """Nothing was changed; the sentence says why."""

    @property
    def sentence(self) -> str:
        return " ".join(self.messages)
