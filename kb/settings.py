"""Settings: one TOML file, overridden by ``KB_*`` variables; every field has a working default."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any

from platformdirs import user_data_path
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from kb.errors import SettingsError

PREFIX = "KB_"


def _split(value: Any) -> Any:
    """A variable holds a list as words between commas; a TOML file holds a real one."""
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return value


def _origin(value: str) -> str:
    origin = value.lower().rstrip("/")
    if not re.fullmatch(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d+)?", origin):
        raise ValueError(f"'{value}' is no origin such as https://example.eu")
    return origin.removesuffix(":443" if origin.startswith("https") else ":80")


def _network(value: str) -> str:
    try:
        return str(ip_network(value, strict=False))
    except ValueError:
        raise ValueError(f"'{value}' is no address or network such as 10.0.0.0/8") from None


def _beside(index: Path) -> Path:
    return index.expanduser().resolve().parent


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_split)
]
Networks = Annotated[
    tuple[Annotated[str, AfterValidator(_network)], ...], NoDecode, BeforeValidator(_split)
]


class Settings(BaseSettings):
    """All settings; ``docs/reference.md`` lists them and a test compares the two."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    index: Path = Field(
        default_factory=lambda: user_data_path("partnership-assistant") / "index",
        description="folder of the index, in generations",
    )
    database_url: str = Field(
        default="", description="journal: SQLite beside the index, or a PostgreSQL address"
    )
    faq: Path = Field(
        default_factory=lambda given: _beside(given.get("index", Path())) / "faq",
        description="folder of the secretariat's own FAQ, Markdown files; beside the index",
    )
    embedder: str = Field(
        default="packaged",
        description="`packaged`, a folder, or `name@revision` of a sentence-transformers model",
    )
    llm: str = Field(default="", description="LangChain model string; empty: extractive answers")
    llm_base_url: str = Field(default="", description="address of an OpenAI-compatible endpoint")
    llm_api_key: SecretStr = Field(default=SecretStr(""), description="key of that endpoint")
    llm_timeout: float = Field(
        default=20.0, gt=0, le=25, description="seconds a language model may take for one answer"
    )
    allowed_origins: Origins = Field(
        default=(), description="websites that may embed the assistant; none: closed"
    )
    trusted_proxies: Networks = Field(
        default=(),
        description="addresses of reverse proxies whose X-Forwarded headers are believed",
    )
    four_eyes: bool = Field(default=False, description="who has edited a reply may not approve it")
    sign_in_header: str = Field(
        default="", description="header in which a reverse proxy names who is signed in; empty: off"
    )
    sign_in_proxies: Networks = Field(
        default=(),
        description="addresses of the only reverse proxies whose sign-in header is believed",
    )
    fetch_hosts: Words = Field(
        default=("europa.eu",),
        description="hosts, with subdomains, that `kb ingest` may fetch from",
    )
    questions_per_minute: int = Field(
        default=15, ge=1, description="questions one visitor may ask in a minute"
    )
    questions_at_once: int = Field(
        default=50, ge=1, description="questions worked on at the same time; more are refused"
    )
    store_questions: bool = Field(
        default=False, description="questions are kept, masked, for the time of retention"
    )
    retention_days: int = Field(
        default=90, ge=1, description="days after which stored questions are deleted"
    )

    @model_validator(mode="after")
    def _database_beside_index(self) -> Settings:
        if not self.database_url:
            address = f"sqlite:///{_beside(self.index) / 'journal.sqlite'}"
            object.__setattr__(self, "database_url", address)
        return self

    def shown(self) -> dict[str, str]:
        """Every setting as text, secrets masked, passwords in addresses too."""
        values = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, tuple):
                value = ", ".join(value)
            text = str(value)
            if name == "database_url":
                from sqlalchemy.engine import make_url

                text = make_url(text).render_as_string(hide_password=True)
            values[name] = text
        return values


def load_settings(config: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings: ``overrides`` over ``KB_*`` variables over the TOML file over defaults.

    Raises:
        SettingsError: the file cannot be read, or a name or value is not known; names it.
    """
    values = _from_file(config) if config else {}
    known = set(Settings.model_fields)
    for name in os.environ:
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() not in known:
            raise SettingsError(
                f"Unknown setting {name}. See all settings with: kb status --settings"
            )
    set_by_environment = {
        name for name in known if os.environ.get(PREFIX + name.upper()) is not None
    }
    values = {name: value for name, value in values.items() if name not in set_by_environment}
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "settings"
        if first["type"] == "extra_forbidden":
            raise SettingsError(
                f"Unknown setting '{name}' in {config}. See all with: kb status --settings"
            ) from None
        raise SettingsError(f"Setting '{name}' is not usable: {first['msg']}") from None
    except Exception as error:  # pydantic-settings wraps a value it cannot parse in its own error
        raise SettingsError(f"A KB_ variable is not usable: {error}") from None


def require_off(*variables: str, off: Collection[str] = ("", "0", "false")) -> None:
    """Refuse to go on with a switch of a library on that would send data away or open routes (trust G5).

    Args:
        off: values, in lower case, that turn it off.

    Raises:
        SettingsError: names the variable.
    """
    for name in variables:
        if os.environ.get(name, "").lower() not in off:
            raise SettingsError(f"{name} is set; it must not be where questions are answered.")


def _from_file(config: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"Settings file {config} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"Settings file {config} is not valid TOML: {error}.") from None
