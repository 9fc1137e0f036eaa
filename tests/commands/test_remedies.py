"""What `modelchain doctor` advises, by platform."""

import pytest

from offchain.commands.doctor.remedies import PROCESSORS, SYSTEMS, Part, remedy
from offchain.toolchain.platforms import ARM64, LINUX, MACOS, WINDOWS, X64, Platform

PLATFORMS = [Platform(system, processor) for system in SYSTEMS for processor in PROCESSORS]
INTEL_LINUX = Platform(LINUX, X64)


@pytest.mark.parametrize("platform", PLATFORMS, ids=str)
def test_every_part_has_one_line_of_advice_on_every_platform(platform: Platform):
    for part in Part:
        advice = remedy(part, platform)
        assert advice
        assert "\n" not in advice


def test_foundry_is_asked_for_where_no_packaged_anvil_is_to_be_had():
    packaged = [platform for platform in PLATFORMS if "Foundry" not in remedy(Part.ANVIL, platform)]
    assert packaged == [INTEL_LINUX, Platform(WINDOWS, X64)]
    assert "make install" in remedy(Part.ANVIL, INTEL_LINUX)
    assert "PATH" in remedy(Part.ANVIL, Platform(MACOS, ARM64))


def test_windows_is_sent_to_the_linux_that_it_brings():
    assert "wsl --install" in remedy(Part.PLATFORM, Platform(WINDOWS, ARM64))
    for part in set(Part) - {Part.PLATFORM}:
        linux = remedy(part, Platform(LINUX, ARM64))
        assert remedy(part, Platform(WINDOWS, ARM64)) == f"in WSL 2: {linux}"


def test_each_system_is_told_of_its_own_package_manager():
    assert "apt-get" in remedy(Part.FONTS, Platform(LINUX, ARM64))
    assert "brew" in remedy(Part.FONTS, Platform(MACOS, ARM64))
    assert "Intel" in remedy(Part.TORCH, Platform(MACOS, X64))
    assert remedy(Part.TORCH, Platform(MACOS, ARM64)) == remedy(Part.TORCH, INTEL_LINUX)
