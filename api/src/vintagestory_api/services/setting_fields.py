"""What a form for the settings needs: each with its meaning, limits and default, read from the model."""

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from vintagestory_api.services.api_settings import MAX_INTERVAL_SECONDS, MIN_INTERVAL_SECONDS, ApiSettings, Kind, Unit


class SettingChoice(BaseModel):
    value: str
    label: str


class SettingField(BaseModel):
    """One setting: what it means, what it may be, what it is. 0 is allowed where `zero_means` says what it does, whatever
    `minimum` is; for a text, `minimum` and `maximum` count characters; a choice is one of `choices`."""

    name: str
    title: str
    group: str
    description: str
    kind: Kind
    unit: Unit | None
    minimum: int | None
    maximum: int | None
    zero_means: str | None
    choices: list[SettingChoice]
    default: int | str
    value: int | str


def describe_settings(settings: ApiSettings) -> list[SettingField]:
    """Every setting, in the order of the model that defines it."""
    return [_described(name, field, getattr(settings, name)) for name, field in ApiSettings.model_fields.items()]


def _described(name: str, field: FieldInfo, value: int | str) -> SettingField:
    about = field.json_schema_extra
    if not isinstance(about, dict):
        raise TypeError(f"the setting {name} does not say what it means")
    limits = {part: getattr(rule, part) for rule in field.metadata for part in ("ge", "le", "max_length") if hasattr(rule, part)}
    choices = about["x-choices"]
    if not isinstance(choices, dict):
        raise TypeError(f"the setting {name} does not say what can be chosen")
    smallest, largest = limits.get("ge"), limits.get("le", limits.get("max_length"))
    if about["x-kind"] == "interval":
        smallest, largest = MIN_INTERVAL_SECONDS, MAX_INTERVAL_SECONDS
    return SettingField.model_validate(
        {
            "name": name,
            "title": field.title,
            "group": about["x-group"],
            "description": about["x-meaning"],
            "kind": about["x-kind"],
            "unit": about["x-unit"],
            "minimum": smallest,
            "maximum": largest,
            "zero_means": about["x-zero-means"],
            "choices": [{"value": value, "label": label} for value, label in choices.items()],
            "default": field.default,
            "value": value,
        }
    )
