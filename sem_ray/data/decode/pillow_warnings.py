"""What Pillow warns of while it decodes, as one line that names the image."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

log = logging.getLogger(__name__)


class PillowWarnings:
    """The warnings of one set's decoding, whose images are decoded on several threads."""

    def __init__(self) -> None:
        self._thread = threading.local()
        self._heard: dict[str, str] = {}

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Logs one line when the block ends well, if there were any. An image that claims to be
        too large raises `DecompressionBombWarning`."""
        from PIL.Image import DecompressionBombWarning

        with warnings.catch_warnings():
            warnings.filterwarnings("always", module=r"PIL\.")
            warnings.simplefilter("error", DecompressionBombWarning)
            # Restored with the filters. Left alone it would print a path inside the library.
            warnings.showwarning = self._hear  # type: ignore[assignment]  # takes any arguments
            yield
        if self._heard:
            what, text = next(iter(self._heard.items()))
            more = f" (and {len(self._heard) - 1:,} more images)" if len(self._heard) > 1 else ""
            log.warning("%s was read, but may be damaged: %s%s", what, text, more)

    def decoding(self, what: str) -> None:
        """From now on this thread decodes the image `what`."""
        self._thread.what = what

    def _hear(self, message: Warning | str, *_: Any) -> None:
        what = getattr(self._thread, "what", "an image")
        self._heard.setdefault(what, " ".join(str(message).split()))
