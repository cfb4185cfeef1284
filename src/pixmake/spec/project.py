"""Spec room: the declared fields of a spec file around its assets: top level, includes, groups, profiles, providers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pixmake.diagnostics import did_you_mean
from pixmake.secrecy import names_a_secret
from pixmake.spec.declaring import Declared, field
from pixmake.spec.fields import DataMap, Money, NamedSize, Texts, check_exact_size, shown
from pixmake.spec.local import AtlasFields, BudgetFields, ManifestFields, SheetFields
from pixmake.spec.marks import LIST, MAP, TEXT, Checked, Deferred, Range, Rule, refuse
from pixmake.spec.model import AssetFields
from pixmake.spec.servers import ServerFields

SENT = ("model", "n", "size", "quality", "background", "complexity", "output_format", "input_fidelity", "moderation")
"""Fields of requests that the tool writes by itself; a name near to one of them is a slip."""
Presets = dict[str, AssetFields]
AssetEntry = Annotated[str, TEXT] | Annotated[AssetFields, MAP]
Assets = dict[str, AssetEntry]


class IncludeFields(Declared):
    """Further spec files, with a prefix for their names."""

    path: str = field(description="File or glob, relative to this file.")
    prefix: str | None = field(None, description="Goes before the names of its assets, like ui/.")


Include = Annotated[str, TEXT] | Annotated[IncludeFields, MAP]
Includes = Annotated[list[Include], LIST] | Annotated[str, TEXT] | Annotated[IncludeFields, MAP]


class ScopeFields(Declared):
    """What a spec file and a group share."""

    vars: DataMap | None = field(None, description="Variables that templates see.")
    defaults: AssetFields | None = field(None, description="Fields every asset starts from.")
    presets: Presets | None = field(None, description="Bundles of fields, taken with 'use'.")
    assets: Assets | None = field(None, description="The pictures, by name.")


class GroupFields(ScopeFields):
    """An include in place: its name goes before the names of its assets."""

    groups: dict[str, Annotated[Any, Deferred(lambda: GroupFields)]] | None = field(
        None, description="Groups inside this one."
    )


class FileFields(ScopeFields):
    """What every spec file may hold, included ones too."""

    version: Any = field(None, description="Version of the language: 1.")
    vars_from: Texts | None = field(None, description="JSON or YAML files with variables, below 'vars' in rank.")
    templates_dir: str | None = field(None, description="Folder of templates, relative to this file.")
    sizes: dict[str, NamedSize] | None = field(None, description="Names for sizes, WxH or W:H.")
    include: Includes | None = field(None, description="Further spec files.")
    groups: dict[str, GroupFields] | None = field(None, description="Assets under a common prefix.")


class ProfileFields(Declared):
    """An overlay, chosen with --profile."""

    vars: DataMap | None = field(None, description="Variables on top.")
    defaults: AssetFields | None = field(None, description="Fields on top of 'defaults'.")
    presets: Presets | None = field(None, description="Fields on top of 'presets'.")
    budget: BudgetFields | None = field(None, description="Caps on top of 'budget'.")
    output_dir: str | None = field(None, description="Where files go in this profile.")


def check_drop(value: Any) -> list[str]:
    """Names of request fields that a server does not take."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        refuse("wrong-type", f"'drop' is a list of request fields, not {shown(value)}", "write drop: [quality]")
    for index, item in enumerate(value):
        near = did_you_mean(item, SENT) if item not in SENT else None
        if near is not None:
            refuse("bad-value", f"'{item}' is no field of requests", f"did you mean '{near}'?", (index,))
    return value


class ProviderFields(Declared):
    """What every provider may set."""

    type: str | None = field(None, description="openai, azure-openai, draft, or the name of an entry point.")
    concurrency: Annotated[int, Range(1, 1000)] | None = field(None, description="Most calls at one time.")
    same_as: str | None = field(None, description="Counts as that provider in keys, so that moving re-buys nothing.")
    price_per_image: Money | None = field(None, description="USD a picture, where no price is known.")


def check_day(value: Any) -> str:
    """A day as ISO 8601 writes it."""
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        refuse("wrong-type", f"{shown(value)} is not a day", "write it like 2027-05-01")


Day = Annotated[str, Rule(check_day, (("type", "string"), ("format", "date")))]
Exact = Annotated[str, Rule(check_exact_size, (("type", "string"), ("pattern", r"^\d+x\d+$")))]


class PriceFields(Declared):
    """Prices of a model, in USD per million tokens."""

    text_in: Money | None = field(None, description="Text that goes in.")
    image_in: Money | None = field(None, description="Pictures that go in.")
    text_out: Money | None = field(None, description="Text that comes out.")
    image_out: Money | None = field(None, description="Pictures that come out.")


PRICED = {"text_in", "image_in", "image_out"}
"""Prices without which no call can be estimated."""
SPOKEN = {"text_in", "text_out"}
"""Those of a model that only talks: a mainline one, or the author of drawings."""


class ModelFields(Declared):
    """What is known of a model: a row on top of the model table."""

    like: str | None = field(None, description="A model of the table whose facts hold where this row says nothing.")
    sizes: list[Exact] | None = field(None, description="The sizes it makes, WxH; default: those of 'like'.")
    qualities: list[str] | None = field(None, description="What 'quality' may be.")
    backgrounds: list[str] | None = field(None, description="What 'background' may be.")
    complexities: list[str] | None = field(None, description="What 'complexity' may be.")
    kinds: list[Literal["raster", "svg", "gif"]] | None = field(None, description="What 'kind' may be.")
    price_per_image: Money | None = field(None, description="USD a picture, whatever is asked for.")
    prices: PriceFields | None = field(None, description="USD per million tokens.")
    batch: bool | None = field(None, description="Whether the Batch API takes it.")
    retired: Day | None = field(None, description="The day from which nothing new can be bought from it.")
    replaced_by: str | None = field(None, description="The model that takes its place.")

    def agree(self) -> None:
        given = {name for name in PRICED | SPOKEN if getattr(self.prices, name, None) is not None}
        if self.prices is not None and self.like is None and not given >= PRICED and given != SPOKEN:
            missing = ", ".join(sorted(PRICED - given))
            refuse(
                "missing-price",
                f"'prices' lacks {missing}",
                "add it, or name a model that this one is 'like'",
                ("prices",),
            )


class OpenAIFields(ProviderFields, ServerFields):
    """A server that speaks OpenAI's API."""

    models: dict[str, ModelFields] | None = field(None, description="Rows on top of the model table, by model.")

    images_per_minute: Annotated[int, Range(1, 100_000)] | None = field(None, description="Rate of pictures.")
    requests_per_minute: Annotated[int, Range(1, 100_000)] | None = field(None, description="Rate of calls.")
    timeout: Annotated[int, Range(1, 86_400)] | None = field(None, description="Seconds to wait for an answer.")
    base_url: str | None = field(None, description="Address of the server.")
    base_url_env: str | None = field(None, description="Environment variable with the address.")
    api_key_env: str | None = field(None, description="Environment variable with the key.")
    organization: str | None = field(None, description="Organization id.")
    project: str | None = field(None, description="Project id.")
    store: bool | None = field(
        None, description="Whether the server keeps responses, so that a chain goes on by their ids; default true."
    )
    background: bool | None = field(
        None, description="Whether responses go on at the server, to be found again after a crash; default true."
    )
    drop: Annotated[list[str], Rule(check_drop, (("type", "array"), ("items", {"type": "string"})))] | None = field(
        None, description="Request fields the server does not take."
    )


class AzureFields(OpenAIFields):
    """Azure's OpenAI service."""

    endpoint_env: str | None = field(
        None, description="Environment variable with the endpoint; default AZURE_OPENAI_ENDPOINT."
    )
    api_version: str | None = field(
        None, description="Version of Azure's API: asks by deployment, as older resources want; default: /openai/v1."
    )
    deployments: dict[str, str] | None = field(None, description="Model to name of its deployment.")


class DraftFields(ProviderFields):
    """The embedded, free painter."""

    mark: bool | None = field(None, description="Whether pictures carry a visible DRAFT mark.")


PROVIDER_TYPES: dict[str, type[ProviderFields]] = {
    "openai": OpenAIFields,
    "azure-openai": AzureFields,
    "draft": DraftFields,
}


def check_env(names: list[str]) -> list[str]:
    """What templates may read ends in prompts, which are shown, kept and sent."""
    for place, name in enumerate(names):
        if names_a_secret(name):
            message = f"'{name}' holds a secret by its name: templates may not read it"
            refuse("secret-env", message, "give the value to templates by a variable of another name", (place,))
    return names


class RootFields(FileFields):
    """The whole of assets.yaml."""

    project: str | None = field(None, description="Label in reports.")
    output_dir: str | None = field(None, description="Where files go, relative to the spec; default assets.")
    allow_env: Annotated[list[str], Checked(check_env)] | None = field(
        None, description="Environment variables that templates may read."
    )
    profiles: dict[str, ProfileFields] | None = field(None, description="Overlays, chosen with --profile.")
    providers: dict[str, Any] | None = field(None, description="Who paints, by name.")
    budget: BudgetFields | None = field(None, description="Hard caps in USD.")
    store: str | None = field(None, description="Where paid originals live.")
    remote: DataMap | None = field(None, description="A shared copy of the originals.")
    sheets: dict[str, SheetFields] | None = field(None, description="Pictures cut into many assets.")
    atlases: dict[str, AtlasFields] | None = field(None, description="Many assets in one picture.")
    manifests: list[ManifestFields] | None = field(None, description="Files that list the pictures for code.")
