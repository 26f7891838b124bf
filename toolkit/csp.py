"""The one relaxation of the content security policy, for the pages that show the editor and for no others."""

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_update

UNSAFE_INLINE = "'unsafe-inline'"


def editor_csp(view: Callable[..., Any]) -> Callable[..., Any]:
    """CKEditor 4 writes onclick and style attributes; inline <script> stays forbidden here too."""
    relaxed = csp_update({"script-src-attr": [UNSAFE_INLINE], "style-src": [UNSAFE_INLINE]})
    decorated: Callable[..., Any] = relaxed(view)
    return decorated
