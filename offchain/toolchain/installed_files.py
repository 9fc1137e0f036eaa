"""Files installed into the user's cache folder: copied whole, known by their sha256.

They outlive the checkout that installed them, so that a compiler registered in the user's home
works after the clone is gone; and they are checked before use, since anybody may write there.
"""

import hashlib
from pathlib import Path

import platformdirs

from offchain.config import APPLICATION
from offchain.errors import BinaryMissing, BinaryTampered, ToolchainError
from offchain.whole_files import UnwritableFile, write_whole


def toolchain_folder() -> Path:
    """Return the folder of installed tools in the user's cache (XDG rules); it may not exist."""
    return platformdirs.user_cache_path(APPLICATION) / "toolchain"


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file in hexadecimal.

    Raises:
        BinaryMissing: if the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _not_readable(path, error) from error


def verify_file(path: Path, sha256: str) -> None:
    """Check that a file is the one that was installed.

    Raises:
        BinaryMissing: if it cannot be read.
        BinaryTampered: if its sha256 is another.
    """
    actual = sha256_of(path)
    if actual != sha256:
        raise BinaryTampered(str(path), sha256, actual)


def install_file(source: Path, destination: Path, sha256: str, *, executable: bool = False) -> bool:
    """Copy ``source`` to ``destination`` unless the right file is there already.

    The copy appears under its name only when it is complete and checked, so that a killed
    installation leaves nothing half-written and two at once do not disturb each other.

    Returns:
        Whether anything was copied.

    Raises:
        BinaryMissing: if ``source`` cannot be read.
        BinaryTampered: if ``source`` has another sha256.
        ToolchainError: if the copy cannot be written.
    """
    mode = _mode(executable)
    if destination.is_file() and sha256_of(destination) == sha256:
        destination.chmod(mode)
        return False
    try:
        content = source.read_bytes()
    except OSError as error:
        raise _not_readable(source, error) from error
    actual = hashlib.sha256(content).hexdigest()
    if actual != sha256:
        raise BinaryTampered(str(source), sha256, actual)
    _write(destination, content, mode)
    return True


def install_text(text: str, destination: Path, *, executable: bool = False) -> bool:
    """Write ``text`` to ``destination`` in one step unless it is there already.

    Returns:
        Whether anything was written.

    Raises:
        ToolchainError: if it cannot be written.
    """
    mode, content = _mode(executable), text.encode()
    if destination.is_file() and destination.read_bytes() == content:
        destination.chmod(mode)
        return False
    _write(destination, content, mode)
    return True


def _mode(executable: bool) -> int:
    return 0o755 if executable else 0o644


def _write(destination: Path, content: bytes, mode: int) -> None:
    try:
        write_whole(destination, content, mode=mode)
    except UnwritableFile as error:
        raise ToolchainError(str(error)) from error


def _not_readable(path: Path, error: OSError) -> BinaryMissing:
    return BinaryMissing(f"cannot read {path} ({error.strerror}): run `make install`")
