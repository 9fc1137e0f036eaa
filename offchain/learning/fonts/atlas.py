"""The glyph atlas: the digits of every usable font of the machine.

Of what `glyph_scan` renders, a face is left out when it looks at 28 x 28 the same as another, and
when it is not digits at all: many fonts carry ornaments, arrows or dice in the places of digits.
Those are recognised by a classifier that is fitted to the other fonts and cannot read them.

The atlas is kept in the user's cache under the hash of what it was made from.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import platformdirs
from numpy.typing import NDArray

from offchain.config import APPLICATION
from offchain.errors import FontError
from offchain.learning.fonts.families import find_families
from offchain.learning.fonts.files import find_font_files, font_files_under
from offchain.learning.fonts.glyph_scan import ScannedFace, SkippedFace, scan_fonts
from offchain.learning.fonts.glyph_scanner import ATLAS_SIDE
from offchain.learning.fonts.packages import extra_package
from offchain.whole_files import UnwritableFile, write_whole

ATLAS_VERSION = b"modelchain glyph atlas 4"
"""Changed whenever scanning or filtering changes, so that old caches are not used."""

FEW_FONTS = 100
"""With fewer usable fonts a package of fonts is fetched."""

MINIMUM_FONTS = 20
"""With fewer usable fonts there is nothing to learn that would carry over to new ones."""

READABLE_DIGITS = 5
"""How many of its ten digits must be read for a font to count as digits."""

_COMPARED_SIDE = 28
_FOLDS = 5
_RANDOM_FEATURES = 1024


@dataclass(frozen=True, slots=True, eq=False)
class GlyphAtlas:
    """The digits of fonts: `glyphs` uint8 [fonts, 10, 64, 64] and the `names` of the fonts.

    `skipped` names the fonts that were left out, with the reasons. `legibility`, 0 to 1, is the
    share of all digits that `digits_read` reads: near 1 the fonts are much alike. `sha256` are the
    hashes of the fonts' files and `families` int64 [fonts] says which look almost the same (see
    `font_families`); where they were not found out, they are empty, and every font its own family.
    """

    glyphs: NDArray[np.uint8]
    names: tuple[str, ...]
    skipped: tuple[SkippedFace, ...]
    legibility: float
    sha256: tuple[str, ...] = ()
    families: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        if not len(self.families):
            object.__setattr__(self, "families", np.arange(len(self.names), dtype=np.int64))

    @property
    def family_count(self) -> int:
        """How many fonts there are that are plainly different."""
        return len(np.unique(self.families))

    def __len__(self) -> int:
        return len(self.names)


def default_cache_folder() -> Path:
    """Return the folder of the user's cache that fonts and atlases are kept in."""
    return platformdirs.user_cache_path(APPLICATION) / "fonts"


def load_atlas(cache_folder: Path, download: bool = True) -> GlyphAtlas:
    """Return the atlas of the machine's fonts, from the cache where fonts have not changed.

    With fewer than `FEW_FONTS` usable fonts it takes a package of fonts from the cache too, or
    fetches it if `download`: of several processes on a machine the first should, the others need
    not, so that a bad network is waited for once. Raises `FontError` if fewer
    than `MINIMUM_FONTS` remain. The first call takes seconds, later ones less than one.
    """
    paths = find_font_files()
    atlas = build_atlas(paths, cache_folder)
    if len(atlas) < FEW_FONTS:
        package = extra_package(cache_folder, download)
        if package is not None:
            atlas = build_atlas([*paths, *font_files_under(package)], cache_folder)
    if len(atlas) < MINIMUM_FONTS:
        raise FontError(
            f"{len(atlas)} usable fonts, at least {MINIMUM_FONTS} are needed: install fonts, for "
            "instance Debian's fonts-aenigma or texlive-fonts-recommended (`modelchain fonts`)"
        )
    return atlas


def build_atlas(
    paths: Sequence[Path],
    cache_folder: Path,
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> GlyphAtlas:
    """Return the atlas of the font files `paths`; it may be empty.

    For `processes` and `progress` see `scan_fonts`.
    """
    cached = cache_folder / f"atlas-{_list_hash(paths)}.npz"
    atlas = _read_cache(cached)
    if atlas is None:
        atlas = filter_faces(*scan_fonts(paths, processes=processes, progress=progress))
        _write_cache(cached, atlas)
    return atlas


def filter_faces(faces: Sequence[ScannedFace], skipped: Sequence[SkippedFace]) -> GlyphAtlas:
    """Return the atlas of those `faces` that differ from each other and can be read as digits."""
    rejected = list(skipped)
    distinct: dict[bytes, ScannedFace] = {}
    for face in sorted(faces, key=lambda one: (one.name, one.digits.tobytes())):
        bitmaps = b"".join(
            cv2.resize(
                digit, (_COMPARED_SIDE, _COMPARED_SIDE), interpolation=cv2.INTER_AREA
            ).tobytes()
            for digit in face.digits
        )
        same = distinct.setdefault(bitmaps, face)
        if same is not face:
            rejected.append(SkippedFace(face.name, f"looks the same as {same.name}"))
    kept = []
    for face, count in zip(distinct.values(), _read_of(distinct.values()), strict=True):
        if count >= READABLE_DIGITS:
            kept.append(face)
        else:
            rejected.append(SkippedFace(face.name, f"only {count} of its digits can be read"))
    cells = [face.digits for face in kept]
    glyphs = np.stack(cells) if cells else np.zeros((0, 10, ATLAS_SIDE, ATLAS_SIDE), np.uint8)
    return GlyphAtlas(
        glyphs,
        tuple(face.name for face in kept),
        tuple(rejected),
        sum(_read_of(kept)) / (10 * len(kept)) if kept else 0.0,
        tuple(face.sha256 for face in kept),
        find_families(glyphs),
    )


def _read_of(faces: Collection[ScannedFace]) -> list[int]:
    return digits_read(np.stack([face.digits for face in faces])).tolist() if faces else []


def digits_read(glyphs: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return for each font how many of its ten digits a classifier reads, int64 [fonts].

    `glyphs` is uint8 [fonts, 10, 64, 64]. Each font is read by a classifier that was fitted to
    the other folds' fonts: ridge regression on random features of the glyphs at 16 x 16.
    """
    fonts = len(glyphs)
    small = glyphs.reshape(fonts * 10, 16, 4, 16, 4).mean(axis=(2, 4), dtype=np.float32)
    inputs = small.reshape(fonts * 10, 256) / 255.0
    inputs -= inputs.mean(axis=0)
    random = np.random.Generator(np.random.PCG64(0))
    projection = random.standard_normal((256, _RANDOM_FEATURES)).astype(np.float32) / 4.0
    hidden = np.maximum(inputs @ projection, 0.0)  # [fonts * 10, features]
    targets = np.tile(np.eye(10, dtype=np.float32), (fonts, 1))
    fold = np.repeat(np.arange(fonts) % min(_FOLDS, max(fonts, 2)), 10)
    read = np.zeros(fonts * 10, dtype=np.int64)
    for number in range(_FOLDS):
        fitted, judged = hidden[fold != number], hidden[fold == number]
        if not len(fitted) or not len(judged):
            continue
        gram = fitted.T @ fitted + np.float32(len(fitted) * 0.01) * np.eye(
            _RANDOM_FEATURES, dtype=np.float32
        )
        weights = np.linalg.solve(gram, fitted.T @ targets[fold != number])
        read[fold == number] = np.argmax(judged @ weights, axis=1)
    return cast(
        NDArray[np.int64], (read.reshape(fonts, 10) == np.arange(10)).sum(axis=1, dtype=np.int64)
    )


def _list_hash(paths: Sequence[Path]) -> str:
    # Sizes and times stand for the contents: reading all fonts takes longer than the atlas.
    hashed = hashlib.sha256(ATLAS_VERSION)
    for path in paths:
        status = path.stat()
        hashed.update(f"\n{path}\0{status.st_size}\0{status.st_mtime_ns}".encode(errors="replace"))
    return hashed.hexdigest()[:32]


def _read_cache(cached: Path) -> GlyphAtlas | None:
    """The atlas in a cache; None where there is none, or a damaged one: it is made anew."""
    try:
        return _cached_atlas(cached)
    except Exception:  # noqa: BLE001  (damage comes out of NumPy, zip and zlib in many forms)
        return None


def _cached_atlas(cached: Path) -> GlyphAtlas | None:
    with cached.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        glyphs, names = stored["glyphs"], stored["names"].tolist()
        skipped = [SkippedFace(str(name), str(why)) for name, why in stored["skipped"].tolist()]
        legibility = float(stored["legibility"])
        digests, families = stored["sha256"].tolist(), stored["families"]
    if glyphs.dtype != np.uint8 or glyphs.shape != (len(names), 10, ATLAS_SIDE, ATLAS_SIDE):
        return None
    if families.dtype != np.int64 or not len(families) == len(digests) == len(names):
        return None
    return GlyphAtlas(
        glyphs,
        tuple(str(name) for name in names),
        tuple(skipped),
        legibility,
        tuple(str(digest) for digest in digests),
        families,
    )


def _write_cache(cached: Path, atlas: GlyphAtlas) -> None:
    """Write the cache in one step, so that no other process reads half of it."""
    skipped = [(face.name, face.reason) for face in atlas.skipped]
    content = io.BytesIO()
    np.savez_compressed(
        content,
        glyphs=atlas.glyphs,
        names=np.array(atlas.names, dtype=np.str_),
        skipped=np.array(skipped, dtype=np.str_).reshape(-1, 2),
        legibility=np.array(atlas.legibility),
        sha256=np.array(atlas.sha256, dtype=np.str_),
        families=atlas.families,
    )
    # A cache that cannot be written costs time, nothing else.
    with suppress(UnwritableFile):
        write_whole(cached, content.getvalue(), mode=0o600)
