"""Says what Qt lacks on this machine, as names of Debian packages, one per line; nothing means nothing.

Without arguments: everything for windows and for drawing off-screen. ``--needed``: only what drawing off-screen needs.
``--draw``: draw a word off-screen in a real Qt application and fail if nothing was painted.

Asks the dynamic linker (``ldd``) for each library and platform plug-in that PySide6 brings, so that it is the loader's
own answer. Runs on Linux; elsewhere PySide6 brings everything with it.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

NEEDED_LIBRARIES = ("libQt6Core", "libQt6Gui", "libQt6Widgets", "libQt6Svg", "libQt6PrintSupport")
NEEDED_PLUGIN = "libqoffscreen.so"
WINDOW_PLUGINS = ("libqxcb.so", "libqwayland.so")

# Sonames whose Debian 12 package is not the usual soname-with-hyphen spelling.
PACKAGE_OF = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libstdc++.so.6": "libstdc++6",
    "libgcc_s.so.1": "libgcc-s1",
    "libz.so.1": "zlib1g",
}
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
FONT_PACKAGES = ("fonts-dejavu-core", "fonts-inter")


def package_of(soname: str) -> str:
    """The Debian package of a library: ``libxcb-cursor.so.0`` → ``libxcb-cursor0``."""
    if soname in PACKAGE_OF:
        return PACKAGE_OF[soname]
    name, _, version = soname.partition(".so.")
    separator = "-" if name[-1].isdigit() else ""
    return f"{name}{separator}{version}".lower()


def missing_sonames(library: Path) -> set[str]:
    """The libraries that the loader cannot find for ``library``."""
    answer = subprocess.run(["/usr/bin/ldd", str(library)], capture_output=True, text=True, check=False)
    return set(re.findall(r"^\s*(\S+) => not found", answer.stdout, re.MULTILINE))


def qt_folder() -> Path:
    """Where PySide6 keeps Qt."""
    spec = importlib.util.find_spec("PySide6")
    if spec is None or spec.origin is None:
        sys.exit("PySide6 is not installed")
    return Path(spec.origin).parent / "Qt"


def missing_packages(*, is_for_windows: bool) -> list[str]:
    """Debian packages to install, sorted."""
    qt = qt_folder()
    libraries = [path for name in NEEDED_LIBRARIES for path in (qt / "lib").glob(f"{name}.so.6")]
    plugins = (NEEDED_PLUGIN, *(WINDOW_PLUGINS if is_for_windows else ()))
    libraries += [path for name in plugins if (path := qt / "plugins" / "platforms" / name).exists()]
    own = {path.name for path in (qt / "lib").iterdir()}
    packages = {package_of(soname) for library in libraries for soname in missing_sonames(library) - own}
    return sorted(packages | missing_fonts(is_for_windows=is_for_windows))


def missing_fonts(*, is_for_windows: bool) -> set[str]:
    """Fonts to install: any that can be read; for windows and pictures the one the design was drawn with too."""
    fonts = [
        path.name.lower()
        for folder in FONT_FOLDERS
        for pattern in ("*.ttf", "*.otf", "*.ttc")
        for path in Path(folder).expanduser().rglob(pattern)
    ]
    missing = set() if fonts else {FONT_PACKAGES[0]}
    if is_for_windows and not any(name.startswith("inter") for name in fonts):
        missing.add(FONT_PACKAGES[1])
    return missing


def draw() -> None:
    """Paint a word with Qt off-screen; exits with a message where nothing appears."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtGui import QColor, QFontDatabase, QGuiApplication, QImage, QPainter
    from PySide6.QtWidgets import QApplication

    application = QApplication([])
    image = QImage(200, 50, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.drawText(10, 30, "Counterfoil")
    painter.end()
    blank = QImage(200, 50, QImage.Format.Format_RGB32)
    blank.fill(QColor("white"))
    if image == blank or not QFontDatabase.families():
        sys.exit(f"Qt drew nothing on {QGuiApplication.platformName()}: are there any fonts? (fonts-dejavu-core)")
    application.quit()


def main() -> None:
    """Print what is missing, or draw."""
    if sys.platform != "linux":
        return
    if "--draw" in sys.argv:
        draw()
    else:
        print("\n".join(missing_packages(is_for_windows="--needed" not in sys.argv)))


if __name__ == "__main__":
    main()
