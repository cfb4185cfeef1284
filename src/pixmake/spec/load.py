"""Spec room: the way through it. Text goes in, a whole valid Spec comes out, or a Problem with everything that is wrong."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from pixmake.diagnostics import Collector, Diagnostic, Problem
from pixmake.digest import sha256_bytes
from pixmake.garbage import uncollected
from pixmake.spec.asset import Asset, Footprint, ProviderSettings, Spec
from pixmake.spec.cache import Expanded, SpecCache, unchanged
from pixmake.spec.expand import MOST_ASSETS, Draft, Expander, Family, Workshop
from pixmake.spec.files import Seen
from pixmake.spec.making import Makers, later
from pixmake.spec.names import canonical
from pixmake.spec.nodes import Branch, Leaf, Node
from pixmake.spec.outputs import Places
from pixmake.spec.scopes import Renderers, entry
from pixmake.spec.settings import budget_of, providers_of
from pixmake.spec.sources import LATER, VERSION, Reader, texts_of

__all__ = ["SpecCache", "load"]


@uncollected()
def load(
    file: Path,
    *,
    profile: str | None = None,
    allow_outside: bool = False,
    env: Mapping[str, str] | None = None,
    cache: SpecCache | None = None,
    text: str | None = None,
) -> Spec:
    """The project of a spec file, as one profile sees it.

    `env` is what `allow_env` may read, by default the process's own. `text` is read in place of the file's. Raises
    Problem, with all that is wrong sorted by place, and never anything else, whatever the files hold.
    """
    kept = cache if cache is not None else SpecCache()
    found = os.environ if env is None else env
    loading = _Load(Path(os.path.abspath(file)), profile, allow_outside, found, kept)
    if text is not None:
        loading.files.put(loading.file, text)
    return loading.run()


class _Load:
    """One load."""

    def __init__(
        self,
        file: Path,
        profile: str | None,
        allow_outside: bool,
        env: Mapping[str, str],
        cache: SpecCache,
    ) -> None:
        self.file = file
        self.profile = profile
        self.allow_outside = allow_outside
        self.env = env
        self.cache = cache
        self.collector = Collector()
        self.files = cache.begin((file, profile, allow_outside), file.parent)
        self.renderers = Renderers()
        self.reader = Reader(cache, self.files, self.collector, self.renderers, env)
        self.workshop = Workshop(files=self.files, renderers=self.renderers, judged=self.reader.judged)
        self.seen: dict[Seen, Seen] = {}

    def run(self) -> Spec:
        was_sound, self.cache.is_sound = self.cache.is_sound, False
        self.cache.settle_templates()
        root = self.reader.root(self.file, self.profile)
        if root is None:
            raise Problem(self.collector.errors)
        is_sound = self.is_sound()
        providers = providers_of(root, self.collector)
        self.refuse_later(root)
        before = len(self.collector.found)
        drafts = self.drafts() if is_sound else []
        makers = Makers(
            cache=self.cache,
            workshop=self.workshop,
            places=self.places(root),
            providers=providers,
            collector=self.collector,
        )
        assets = makers.assets(drafts, own_files=self.own_files(), absent=self.reader.absent, was_sound=was_sound)
        if self.reader.lacks:
            self.collector.found[before:] = [
                item for item in self.collector.found[before:] if item.code != "undefined-name"
            ]
        self.collector.found = _once(self.collector.found)
        self.collector.raise_errors()
        self.cache.is_sound = True
        return self.spec(root, assets, providers)

    def is_sound(self) -> bool:
        """Whether everything around the assets is right, or so that what they are by themselves can be told."""
        return self.reader.faults() == self.reader.own_faults + self.reader.lacks

    def spec(self, root: Branch, assets: list[Asset], providers: Mapping[str, ProviderSettings]) -> Spec:
        read, missing = self.files.looked_at()
        allowed = texts_of(entry(root, "allow_env"))
        return Spec(
            file=self.file,
            root=self.file.parent,
            version=VERSION,
            project=_text(root, "project") or self.file.parent.name,
            output_dir=self.output_dir(root),
            profile=self.profile,
            assets=tuple(assets),
            providers=providers,
            budget=budget_of(root, self.reader.profile),
            store=_text(root, "store"),
            warnings=self.collector.warnings,
            footprint=Footprint(
                files=read,
                globs=tuple((folder, pattern, names) for (folder, pattern), names in sorted(self.files.globs.items())),
                missing=missing,
                env={name: _digest(self.env.get(name)) for name in allowed},
            ),
        )

    def drafts(self) -> list[Draft]:
        """All assets expanded; families that read nothing new are taken from the load before."""
        drafts: list[Draft] = []
        families: dict[tuple[int, int, str], Expanded] = {}
        known: dict[int, bool] = {}
        for family in self.reader.families:
            key = (id(family.node), id(family.scope), family.name)
            found = self.cache.families.get(key)
            if found is None or not self.still(found, known):
                found = self.expand(family, found, known)
            if found is None:
                self.reader.absent.add(family.scope.prefix + family.name)
            else:
                families[key] = found
                drafts += found.drafts
            if len(drafts) > MOST_ASSETS:
                message = f"more than {MOST_ASSETS} assets in all"
                self.collector.error("too-many-assets", message, family.key.span, help="split the project")
                break
        if not self.collector.errors:
            self.cache.families = families
        else:
            self.cache.families |= families
        return drafts

    def still(self, found: Expanded, known: dict[int, bool]) -> bool:
        """Whether everything that a family read is as it was."""
        return (
            unchanged(found.templates, self.files, known)
            and (not found.data or unchanged(found.data, self.files, known))
            and all(self.files.glob(folder, pattern) == names for folder, pattern, names in found.globs)
            and (found.inline is None or found.inline[0].file_line == found.inline[1])
        )

    def expand(self, family: Family, before: Expanded | None, known: dict[int, bool]) -> Expanded | None:
        """One family, and what it read. None where something is wrong with it."""
        earlier = before.renderings if before is not None and unchanged(before.templates, self.files, known) else None
        errors = len(self.collector.found)
        self.files.watch()
        renderers = list(self.cache.renderers.values())
        for renderer in renderers:
            renderer.used.clear()
        expander = Expander(family, self.workshop, self.collector, earlier)
        drafts = expander.run()
        data, matched = self.files.seen, self.files.matched
        used = [renderer.files_used() for renderer in renderers if renderer.used]
        if before is not None and earlier is not None:
            used.append(before.templates)
        templates = used[0] if len(used) == 1 else self.united(used)
        for path, _ in templates if data else ():
            data.pop(path, None)
        found = Expanded(
            family=family,
            drafts=drafts,
            renderings=expander.renderings if len(drafts) > 1 else {},
            templates=templates,
            data=tuple(data.items()),
            globs=tuple([(folder, pattern, names) for (folder, pattern), names in matched.items()]),
            inline=(expander.inline, expander.inline.file_line) if expander.inline is not None else None,
        )
        return found if len(self.collector.found) == errors else None

    def united(self, used: Iterable[Seen]) -> Seen:
        """Files of several readings, each once; equal answers are one object, so that `unchanged` asks once."""
        seen = tuple({path: source for files in used for path, source in files}.items())
        return self.seen.setdefault(seen, seen)

    def places(self, root: Branch) -> Places:
        """Where outputs may lie. A folder that leads out is told once, at its own line, not at every asset."""
        folder = self.output_dir(root)
        places = Places(self.file.parent, folder, self.allow_outside)
        fault = places.fault(places.joined("x.png"))
        node = entry(self.reader.profile, "output_dir") or entry(root, "output_dir")
        if fault is None or node is None:
            return places
        self.collector.error("bad-output", fault[0].replace("/x.png'", "'"), node.span, help=fault[1])
        return Places(self.file.parent, folder, True)

    def output_dir(self, root: Branch) -> str:
        return _text(self.reader.profile, "output_dir") or _text(root, "output_dir") or "assets"

    def own_files(self) -> dict[str, str]:
        """Compared names of files that no output may be, with the reason."""
        own = {canonical(self.files.name(path)): "is read by the spec" for path in self.files.looked_at()[0]}
        return {**own, canonical(f"{self.file.stem}.lock"): "is the lockfile", "assets.lock": "is the lockfile"}

    def refuse_later(self, root: Branch) -> None:
        for name in LATER:
            node = root.entries.get(name)
            if node is not None and node.data:
                later(self.collector, root.keys[name], name)


def _once(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Each diagnostic once: rows of one family often have the same one."""
    kept: dict[tuple[object, ...], Diagnostic] = {}
    for item in found:
        kept.setdefault((item.code, item.message, str(item.span), item.severity), item)
    return list(kept.values())


def _text(node: Node | None, name: str) -> str | None:
    found = entry(node, name)
    return str(found.value) if isinstance(found, Leaf) and isinstance(found.value, str) else None


def _digest(value: str | None) -> str | None:
    return None if value is None else sha256_bytes(value.encode("utf-8", "surrogateescape"))
