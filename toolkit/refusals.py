"""Why a file wasn't taken. One module so that uploads, images and sheets can all raise it."""

from django.core.exceptions import ValidationError


class UploadRefused(ValidationError):
    """The file can't be taken; the message is a sentence that tells the person what to do."""

    @property
    def sentence(self) -> str:
        return " ".join(self.messages)
