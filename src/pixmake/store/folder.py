"""Store room: the store's own folder. It is made by the first write, never by looking, and says what it is."""

from __future__ import annotations

import re
from pathlib import Path

from pixmake.diagnostics import ExitCode, problem
from pixmake.digest import read_file
from pixmake.store.durable import replace_file, sync_folder, writing

FORMAT = "pixmake-store/1"
FORMAT_FILE = "format"
PARTS = frozenset(
    {"cas", "incoming", "journal.jsonl", "locks", "index", "quarantine", "uploads", "README.txt", FORMAT_FILE}
)

README = """\
This folder belongs to pixmake, a builder of image assets. It is shared by all projects of one user.

cas/            the paid original pictures, byte for byte as they came, named by the SHA-256 of their content
journal.jsonl   what was asked for, bought, refused and picked: one JSON record a line. The record of your money
incoming/       pictures on their way into cas/; a later run finishes what a crash left here
quarantine/     files whose content no longer fits their name; kept, never used
locks/, index/  may be deleted while no pixmake runs; they are made again. So may uploads/ (what servers hold of yours)

cas/ and journal.jsonl cannot be made again without paying: keep them in your backups.
`pixmake cache verify` checks every picture, `pixmake cache path` prints this folder.
"""


class Folder:
    """Where a store lies. Reading asks `root` directly; whoever writes calls `prepare` first."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._prepared = False

    def check_format(self) -> None:
        """Raises Problem `store-too-new` or `store-format` (exit 8) where this version can't read the store."""
        try:
            text = read_file(self.root / FORMAT_FILE).decode("utf-8", "replace").strip()
        except (FileNotFoundError, NotADirectoryError):
            return
        if text == FORMAT:
            return
        newer = re.fullmatch(r"pixmake-store/(\d{1,9})", text)
        if newer:
            raise problem(
                "store-too-new",
                f"the store '{self.root}' has format '{text}', this version reads '{FORMAT}'",
                help="update pixmake, or name another store with PIXMAKE_STORE",
                exit_code=ExitCode.INTEGRITY,
            )
        raise problem(
            "store-format",
            f"'{self.root / FORMAT_FILE}' says '{text[:40]}' instead of '{FORMAT}'",
            help=f"if this folder is a pixmake store, write '{FORMAT}' into that file; "
            "else name another folder with PIXMAKE_STORE",
            exit_code=ExitCode.INTEGRITY,
        )

    def prepare(self) -> None:
        """Makes the folder (mode 0700), its format file and its parts, where they are missing. Raises Problem."""
        if self._prepared:
            return
        self.check_format()
        with writing(self.root):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not (self.root / FORMAT_FILE).exists():
                self._refuse_foreign()
                replace_file(self.root / FORMAT_FILE, f"{FORMAT}\n".encode())
            if not (self.root / "README.txt").exists():
                replace_file(self.root / "README.txt", README.encode())
            for part in ("cas", "incoming", "locks"):
                (self.root / part).mkdir(mode=0o700, exist_ok=True)
            sync_folder(self.root)
            sync_folder(self.root.parent)
        self._prepared = True

    def _refuse_foreign(self) -> None:
        names = sorted(path.name for path in self.root.iterdir() if not path.name.startswith("."))
        foreign = [name for name in names if name not in PARTS]
        if foreign:
            raise problem(
                "store-foreign",
                f"the folder '{self.root}' is not a pixmake store and holds other files ('{foreign[0]}')",
                help="name an empty or new folder for the store: PIXMAKE_STORE, or `store:` in assets.yaml",
            )
