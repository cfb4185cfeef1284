"""Bench: pixmake as a tool installer leaves it: a venv of its own, compiled, with a console script.

Only the package itself is in it: a run with nothing to do needs no library, and fewer files in site-packages change nothing.
"""

from __future__ import annotations

import compileall
import shutil
import subprocess
import sys
from pathlib import Path

SCRIPT = """\
#!{python}
import sys
from pixmake.__main__ import run
if __name__ == '__main__':
    sys.argv[0] = sys.argv[0].removesuffix('.exe')
    sys.exit(run())
"""
"""As pip writes it, from version 25 on, and nearly as uv does. Older ones import `re` in it, which takes 4 ms."""


def install(folder: Path) -> Path:
    """Makes the venv in `folder`; the console script's path."""
    source = Path(__file__).parents[1] / "src" / "pixmake"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    place = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    package = Path(place) / "pixmake"
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__", "data"))
    compileall.compile_dir(package, quiet=1)
    script = folder / "bin" / "pixmake"
    script.write_text(SCRIPT.format(python=python))
    script.chmod(0o755)
    return script
