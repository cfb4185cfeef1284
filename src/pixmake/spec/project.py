"""Spec room: the declared fields of a spec file around its assets: top level, includes, groups, profiles, providers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from pixmake.secrecy import names_a_secret
from pixmake.spec.fields import (
    LIST,
    MAP,
    TEXT,
    DataMap,
    Declared,
    Money,
    NamedSize,
    Rule,
    Shape,
    Texts,
    check_exact_size,
    refuse,
    shown,
)
from pixmake.spec.local import AtlasFields, BudgetFields, ManifestFields, SheetFields
from pixmake.spec.model import AssetFields
from pixmake.spec.servers import ServerFields

Presets = dict[str, AssetFields]
AssetEntry = Annotated[Annotated[str, TEXT] | Annotated[AssetFields, MAP], Shape]
Assets = dict[str, AssetEntry]


class IncludeFields(Declared):
    """Further spec files, with a prefix for their names."""

    path: str = Field(description="File or glob, relative to this file.")
    prefix: str | None = Field(None, description="Goes before the names of its assets, like ui/.")


Include = Annotated[Annotated[str, TEXT] | Annotated[IncludeFields, MAP], Shape]
Includes = Annotated[Annotated[list[Include], LIST] | Annotated[str, TEXT] | Annotated[IncludeFields, MAP], Shape]


class ScopeFields(Declared):
    """What a spec file and a group share."""

    vars: DataMap | None = Field(None, description="Variables that templates see.")
    defaults: AssetFields | None = Field(None, description="Fields every asset starts from.")
    presets: Presets | None = Field(None, description="Bundles of fields, taken with 'use'.")
    assets: Assets | None = Field(None, description="The pictures, by name.")


class GroupFields(ScopeFields):
    """An include in place: its name goes before the names of its assets."""

    groups: dict[str, GroupFields] | None = Field(None, description="Groups inside this one.")


class FileFields(ScopeFields):
    """What every spec file may hold, included ones too."""

    version: Any = Field(None, description="Version of the language: 1.")
    vars_from: Texts | None = Field(None, description="JSON or YAML files with variables, below 'vars' in rank.")
    templates_dir: str | None = Field(None, description="Folder of templates, relative to this file.")
    sizes: dict[str, NamedSize] | None = Field(None, description="Names for sizes, WxH or W:H.")
    include: Includes | None = Field(None, description="Further spec files.")
    groups: dict[str, GroupFields] | None = Field(None, description="Assets under a common prefix.")


class ProfileFields(Declared):
    """An overlay, chosen with --profile."""

    vars: DataMap | None = Field(None, description="Variables on top.")
    defaults: AssetFields | None = Field(None, description="Fields on top of 'defaults'.")
    presets: Presets | None = Field(None, description="Fields on top of 'presets'.")
    budget: BudgetFields | None = Field(None, description="Caps on top of 'budget'.")
    output_dir: str | None = Field(None, description="Where files go in this profile.")


def check_drop(value: Any) -> list[str]:
    """Names of request fields that a server does not take."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        refuse("wrong-type", f"'drop' is a list of request fields, not {shown(value)}", "write drop: [quality]")
    return value


class ProviderFields(Declared):
    """What every provider may set."""

    type: str | None = Field(None, description="openai, azure-openai, draft, or the name of an entry point.")
    concurrency: Annotated[int, Field(ge=1, le=1000)] | None = Field(None, description="Most calls at one time.")
    same_as: str | None = Field(None, description="Counts as that provider in keys, so that moving re-buys nothing.")
    price_per_image: Money | None = Field(None, description="USD a picture, where no price is known.")


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

    text_in: Money | None = Field(None, description="Text that goes in.")
    image_in: Money | None = Field(None, description="Pictures that go in.")
    text_out: Money | None = Field(None, description="Text that comes out.")
    image_out: Money | None = Field(None, description="Pictures that come out.")


PRICED = {"text_in", "image_in", "image_out"}
"""Prices without which no call can be estimated."""
SPOKEN = {"text_in", "text_out"}
"""Those of a model that only talks: a mainline one, or the author of drawings."""


class ModelFields(Declared):
    """What is known of a model: a row on top of the model table."""

    like: str | None = Field(None, description="A model of the table whose facts hold where this row says nothing.")
    sizes: list[Exact] | None = Field(None, description="The sizes it makes, WxH; default: those of 'like'.")
    qualities: list[str] | None = Field(None, description="What 'quality' may be.")
    backgrounds: list[str] | None = Field(None, description="What 'background' may be.")
    complexities: list[str] | None = Field(None, description="What 'complexity' may be.")
    kinds: list[Literal["raster", "svg", "gif"]] | None = Field(None, description="What 'kind' may be.")
    price_per_image: Money | None = Field(None, description="USD a picture, whatever is asked for.")
    prices: PriceFields | None = Field(None, description="USD per million tokens.")
    batch: bool | None = Field(None, description="Whether the Batch API takes it.")
    retired: Day | None = Field(None, description="The day from which nothing new can be bought from it.")
    replaced_by: str | None = Field(None, description="The model that takes its place.")

    @model_validator(mode="after")
    def whole_prices(self) -> ModelFields:
        given = {name for name in PRICED | SPOKEN if getattr(self.prices, name, None) is not None}
        if self.prices is not None and self.like is None and not given >= PRICED and given != SPOKEN:
            missing = ", ".join(sorted(PRICED - given))
            refuse(
                "missing-price",
                f"'prices' lacks {missing}",
                "add it, or name a model that this one is 'like'",
                ("prices",),
            )
        return self


class OpenAIFields(ProviderFields, ServerFields):
    """A server that speaks OpenAI's API."""

    models: dict[str, ModelFields] | None = Field(None, description="Rows on top of the model table, by model.")

    images_per_minute: Annotated[int, Field(ge=1, le=100_000)] | None = Field(None, description="Rate of pictures.")
    requests_per_minute: Annotated[int, Field(ge=1, le=100_000)] | None = Field(None, description="Rate of calls.")
    timeout: Annotated[int, Field(ge=1, le=86_400)] | None = Field(None, description="Seconds to wait for an answer.")
    base_url: str | None = Field(None, description="Address of the server.")
    base_url_env: str | None = Field(None, description="Environment variable with the address.")
    api_key_env: str | None = Field(None, description="Environment variable with the key.")
    organization: str | None = Field(None, description="Organization id.")
    project: str | None = Field(None, description="Project id.")
    store: bool | None = Field(
        None, description="Whether the server keeps responses, so that a chain goes on by their ids; default true."
    )
    background: bool | None = Field(
        None, description="Whether responses go on at the server, to be found again after a crash; default true."
    )
    drop: Annotated[list[str], Rule(check_drop, (("type", "array"), ("items", {"type": "string"})))] | None = Field(
        None, description="Request fields the server does not take."
    )


class AzureFields(OpenAIFields):
    """Azure's OpenAI service."""

    endpoint_env: str | None = Field(
        None, description="Environment variable with the endpoint; default AZURE_OPENAI_ENDPOINT."
    )
    api_version: str | None = Field(
        None, description="Version of Azure's API: asks by deployment, as older resources want; default: /openai/v1."
    )
    deployments: dict[str, str] | None = Field(None, description="Model to name of its deployment.")


class DraftFields(ProviderFields):
    """The embedded, free painter."""

    mark: bool | None = Field(None, description="Whether pictures carry a visible DRAFT mark.")


PROVIDER_TYPES: dict[str, type[ProviderFields]] = {
    "openai": OpenAIFields,
    "azure-openai": AzureFields,
    "draft": DraftFields,
}


class RootFields(FileFields):
    """The whole of assets.yaml."""

    project: str | None = Field(None, description="Label in reports.")
    output_dir: str | None = Field(None, description="Where files go, relative to the spec; default assets.")
    allow_env: list[str] | None = Field(None, description="Environment variables that templates may read.")
    profiles: dict[str, ProfileFields] | None = Field(None, description="Overlays, chosen with --profile.")
    providers: dict[str, Any] | None = Field(None, description="Who paints, by name.")
    budget: BudgetFields | None = Field(None, description="Hard caps in USD.")
    store: str | None = Field(None, description="Where paid originals live.")
    remote: DataMap | None = Field(None, description="A shared copy of the originals.")
    sheets: dict[str, SheetFields] | None = Field(None, description="Pictures cut into many assets.")
    atlases: dict[str, AtlasFields] | None = Field(None, description="Many assets in one picture.")
    manifests: list[ManifestFields] | None = Field(None, description="Files that list the pictures for code.")

    @field_validator("allow_env", mode="after")
    @classmethod
    def _refuse_secrets(cls, names: list[str] | None) -> list[str] | None:
        """What templates may read ends in prompts, which are shown, kept and sent."""
        for place, name in enumerate(names or ()):
            if names_a_secret(name):
                message = f"'{name}' holds a secret by its name: templates may not read it"
                refuse("secret-env", message, "give the value to templates by a variable of another name", (place,))
        return names


GroupFields.model_rebuild()
