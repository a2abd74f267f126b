"""Look at texts without reading them: Polars keeps of each 16 bytes that tell its length and how it begins.

Grain: one row per text. Up to 12 bytes the text itself is there, of a longer one the first four. Nulls say nothing.
"""

import numpy as np
import polars as pl

INLINE = 12


def views(texts: pl.Series) -> np.ndarray:
    """The Arrow string views of texts, without a copy: 16 bytes each, of which the first four are the length."""
    if texts.is_empty():
        return np.empty((0, 16), dtype=np.uint8)
    arrow = texts.to_arrow(compat_level=pl.CompatLevel.newest())
    held = np.frombuffer(arrow.buffers()[1], dtype=np.uint8).reshape(-1, 16)
    return held[arrow.offset : arrow.offset + len(arrow)]


def lengths(held: np.ndarray) -> np.ndarray:
    """How many bytes each text has."""
    found: np.ndarray = held.view("<u4")[:, 0]
    return found


def first_four(held: np.ndarray) -> np.ndarray:
    """The first four bytes of each text as a little-endian number, 0 where there is none."""
    found: np.ndarray = held.view("<u4")[:, 1]
    return found
