"""Cron expressions in plain words, for those that have some; pure."""

import re

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAY_NAMES = {name[:3].upper(): number for number, name in enumerate(_DAYS)}
_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MOST_TIMES = 6


def cron_words(expression: str) -> str:
    """`Every day at 05:00`, or `At the times of "…"` for what has no short name."""
    fields = _MACROS.get(expression.strip().lower(), expression).split()
    found = _words(*fields) if len(fields) == 5 else None
    return found or f'At the times of "{" ".join(expression.split())}"'


def _words(minute: str, hour: str, day: str, month: str, weekday: str) -> str | None:
    days = _days(day, month, weekday)
    if days is None:
        return None
    if (times := _times(minute, hour)) is not None:
        return f"{days} at {listed(times)}"
    if (often := _often(minute, hour)) is None:
        return None
    return often if days == "Every day" else f"{days}: {often[0].lower()}{often[1:]}"


def _times(minute: str, hour: str) -> list[str] | None:
    minutes, hours = _numbers(minute, 59), _numbers(hour, 23)
    if minutes is None or hours is None or len(minutes) * len(hours) > _MOST_TIMES:
        return None
    return [f"{at_hour:02}:{at_minute:02}" for at_hour in hours for at_minute in minutes]


def _often(minute: str, hour: str) -> str | None:
    if (every := _every(minute, 60)) is not None and hour == "*":
        return "Every minute" if every == 1 else f"Every {every} minutes"
    at = _numbers(minute, 59)
    every = _every(hour, 24)
    if at is None or every is None or len(at) > _MOST_TIMES:
        return None
    often = "Every hour" if every == 1 else f"Every {every} hours"
    return often if at == [0] else f"{often} at {listed([f':{value:02}' for value in at])}"


def _days(day: str, month: str, weekday: str) -> str | None:
    if month != "*":
        months, dates = _numbers(month, 12), _numbers(day, 31)
        if weekday != "*" or months is None or dates is None or len(months) * len(dates) > 2 or not all(months):
            return None
        return f"Every year on {listed([f'{date} {_MONTHS[number - 1]}' for number in months for date in dates])}"
    if day == "*" and weekday == "*":
        return "Every day"
    if day == "*":
        return _weekdays(weekday)
    dates = _numbers(day, 31)
    if weekday != "*" or dates is None:
        return None
    return f"Every month on day {listed([str(date) for date in dates])}"


def _weekdays(field: str) -> str | None:
    wanted: list[int] = []
    for term in field.upper().split(","):
        first, _, last = term.partition("-")
        begin, end = _weekday(first), _weekday(last) if last else None
        if begin is None or (last and end is None):
            return None
        end = begin if end is None else end
        wanted += range(begin, end + 1) if begin <= end else [*range(begin, 7), *range(end + 1)]
    numbers = sorted({number % 7 for number in wanted}, key=lambda number: (number - 1) % 7)
    if numbers == [1, 2, 3, 4, 5]:
        return "From Monday to Friday"
    if numbers == [6, 0]:
        return "At weekends"
    return "Every day" if len(numbers) == 7 else f"Every {listed([_DAYS[number] for number in numbers])}"


def _weekday(text: str) -> int | None:
    if text in _DAY_NAMES:
        return _DAY_NAMES[text]
    return int(text) if re.fullmatch(r"[0-7]", text) else None


def _numbers(field: str, high: int) -> list[int] | None:
    if not re.fullmatch(r"[0-9]{1,2}(,[0-9]{1,2})*", field):
        return None
    found = sorted({int(part) for part in field.split(",")})
    return found if found[-1] <= high else None


def _every(field: str, of: int) -> int | None:
    """The step of a field that begins anew without a gap: `*`, or `*/n` where n divides the whole."""
    if field == "*":
        return 1
    match = re.fullmatch(r"\*/([0-9]{1,2})", field)
    return int(match[1]) if match and 0 < int(match[1]) < of and of % int(match[1]) == 0 else None


def listed(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
