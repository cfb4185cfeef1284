"""Spec room: providers and budgets. No key ever comes from a spec file; what looks like one is refused unseen."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pixmake.diagnostics import Collector
from pixmake.secrecy import SECRET, keep_secret
from pixmake.spec.asset import Budget, ProviderSettings
from pixmake.spec.complaints import complain, nearest
from pixmake.spec.marks import Unfit
from pixmake.spec.nodes import Branch, Leaf, Node, untemplated
from pixmake.spec.project import PROVIDER_TYPES, ProviderFields
from pixmake.spec.scopes import branch, empty, entry

EMBEDDED = ("openai", "draft")
SECRETS = ("api_key", "apikey", "key", "token", "secret", "password", "api-key", "authorization")
COMMON = tuple(ProviderFields.fields)


def providers_of(root: Branch, collector: Collector) -> dict[str, ProviderSettings]:
    """All providers by name; `openai` and `draft` exist undeclared."""
    found = {name: ProviderSettings(name=name, type=name) for name in EMBEDDED}
    declared = branch(root, "providers")
    if declared is None:
        return found
    for name, node in declared.entries.items():
        settings = _provider(name, node, declared.keys[name], collector)
        found[name] = settings or ProviderSettings(name=name, type=name)
    for name, node in declared.entries.items():
        _check_same_as(name, entry(node, "same_as"), found, collector)
    return found


def _provider(name: str, node: Node, key: Leaf, collector: Collector) -> ProviderSettings | None:
    if isinstance(node, Leaf) and node.value is None:
        node = Branch(node.spot)
    if not isinstance(node, Branch):
        collector.error("wrong-type", f"'{name}' is a map of settings", node.span, help="write {concurrency: 8}")
        return None
    _note_secrets(node)
    if _has_secret(node, collector):
        return None
    kind = entry(node, "type")
    engine = str(kind.data) if isinstance(kind, Leaf) and isinstance(kind.value, str) else name
    model = PROVIDER_TYPES.get(engine)
    known = node
    if model is None:
        model, known = ProviderFields, _only(node, COMMON)
    try:
        fields = model.read(known.data)
    except Unfit as error:
        collector.found += complain(error, known, model)
        return None
    rest = {key: untemplated(item.data) for key, item in node.entries.items() if key not in COMMON}
    return ProviderSettings(
        name=name,
        type=engine,
        concurrency=fields.concurrency,
        same_as=fields.same_as,
        price_per_image=fields.price_per_image,
        settings={key: value for key, value in rest.items() if value is not None},
        span=key.span,
    )


def _only(node: Branch, names: tuple[str, ...]) -> Branch:
    part = Branch(node.spot)
    for name in names:
        if name in node.entries:
            part.add(node.keys[name], name, node.entries[name])
    return part


def _note_secrets(node: Branch) -> None:
    """What `api_key_env` and the like name is never shown, though the variable be called FOO."""
    for name, item in node.entries.items():
        if name.lower().endswith("_env") and SECRET.search(name) and isinstance(item, Leaf):
            keep_secret(str(item.value))


def _has_secret(node: Branch, collector: Collector) -> bool:
    found = [name for name in node.entries if name.lower() in SECRETS]
    for name in found:
        collector.error(
            "key-in-spec",
            f"'{name}' is not taken from the spec: keys come from environment variables only",
            node.keys[name].span,
            help="remove it, set the key in a variable and name that: 'api_key_env: OPENAI_API_KEY';\n"
            "a key that was committed is to be revoked",
        )
    return bool(found)


def _check_same_as(name: str, node: Node | None, found: Mapping[str, ProviderSettings], collector: Collector) -> None:
    if not isinstance(node, Leaf) or not isinstance(node.value, str):
        return
    others = sorted(other for other in found if other != name)
    if node.value not in others:
        remedy = nearest(node.value, others, "providers")
        collector.error("unknown-provider", f"no other provider named '{node.value}'", node.span, help=remedy)
    elif (beyond := found[str(node.value)].same_as) is not None:
        remedy = f"write 'same_as: {beyond}'"
        collector.error("same-as-chain", f"'{node.value}' is itself the same as '{beyond}'", node.span, help=remedy)


def budget_of(root: Branch, profile: Branch | None) -> Budget:
    """The caps of the spec with the profile's on top. Amounts were validated before."""
    amounts: dict[str, Any] = {}
    for level in (root, profile):
        for name, node in (branch(level, "budget") or empty()).entries.items():
            amounts[name] = None if node.data is None else Decimal(str(node.data))
    return Budget(per_build=amounts.get("per_build"), per_day=amounts.get("per_day"))
