"""EventBridge's cron expressions: `cron(minute hour day-of-month month day-of-week year)`, in UTC.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

_MONTHS = {name.upper(): at for at, name in enumerate(calendar.month_abbr) if name}
_DAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_FIELDS = 6
_YEARS = (1970, 2199)
_EXPRESSION = re.compile(r"cron\((.*)\)")
_NEAREST, _LAST_OF, _NTH = re.compile(r"(\d+)W"), re.compile(r"(\w+)L"), re.compile(r"(\w+)#(\d)")


class CronError(ValueError):
    """What stands there is no cron expression of EventBridge; the text says why."""


@dataclass(frozen=True)
class Cron:
    """When a schedule fires."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: str
    """Of the month; `?`: whatever day of the week says."""
    months: frozenset[int]
    weekdays: str
    years: frozenset[int]

    def next_after(self, moment: datetime) -> datetime | None:
        """The first minute after `moment` on which it fires; None if there is none any more."""
        start = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        for day in self._days_from(start.date()):
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    at = start.replace(
                        year=day.year, month=day.month, day=day.day, hour=hour, minute=minute
                    )
                    if at >= start:
                        return at
        return None

    def _days_from(self, day: date) -> Iterator[date]:
        while day.year <= max(self.years):
            if day.year not in self.years:
                day = date(day.year + 1, 1, 1)
                continue
            if day.month in self.months and self._fits(day):
                yield day
            day += timedelta(days=1)

    def _fits(self, day: date) -> bool:
        if self.days != "?":
            return any(_is_day(part, day) for part in self.days.split(","))
        return any(_is_weekday(part, day) for part in self.weekdays.split(","))


def read_cron(expression: str) -> Cron:
    """Read `cron(0 10 * * ? *)`.

    Raises:
        CronError: It is none.
    """
    match = _EXPRESSION.fullmatch(expression)
    fields = match[1].upper().split() if match else []
    if len(fields) != _FIELDS:
        raise CronError("it needs six fields: minute, hour, day, month, day of the week, year")
    minutes, hours, days, months, weekdays, years = fields
    if (days == "?") == (weekdays == "?"):
        raise CronError("exactly one of day of the month and day of the week must be ?")
    cron = Cron(
        minutes=_numbers(minutes, 0, 59),
        hours=_numbers(hours, 0, 23),
        days=days,
        months=_numbers(months, 1, 12, _MONTHS),
        weekdays=weekdays,
        years=_numbers(years, *_YEARS),
    )
    # Reads every part of the days once, so that a mistake is told now.
    for part in days.split(",") if days != "?" else ():
        _is_day(part, date(2024, 1, 1))
    for part in weekdays.split(",") if weekdays != "?" else ():
        _is_weekday(part, date(2024, 1, 1))
    return cron


def _is_day(part: str, day: date) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    if part == "L":
        return day.day == last
    if nearest := _NEAREST.fullmatch(part):
        return day == _nearest_weekday(day.replace(day=min(int(nearest[1]), last)))
    return day.day in _numbers(part, 1, 31)


def _nearest_weekday(day: date) -> date:
    """Monday to Friday, within the month."""
    steps = {5: -1, 6: 1}.get(day.weekday(), 0)
    moved = day + timedelta(days=steps)
    return moved if moved.month == day.month else day + timedelta(days={5: 2, 6: -2}[day.weekday()])


def _is_weekday(part: str, day: date) -> bool:
    number = day.isoweekday() % 7 + 1
    week = (day.day - 1) // 7 + 1
    if part == "L":
        return number == _DAYS["SAT"]
    if nth := _NTH.fullmatch(part):
        return number in _numbers(nth[1], 1, 7, _DAYS) and week == int(nth[2])
    if last := _LAST_OF.fullmatch(part):
        is_last = day.day > calendar.monthrange(day.year, day.month)[1] - 7
        return number in _numbers(last[1], 1, 7, _DAYS) and is_last
    return number in _numbers(part, 1, 7, _DAYS)


def _numbers(
    field: str, least: int, most: int, names: dict[str, int] | None = None
) -> frozenset[int]:
    """`*`, `5`, `1,3`, `2-6`, `0/15`, `MON-FRI`."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("" if span == "*" else span).partition("-")
        low = _number(first, names) if first else least
        high = _number(last, names) if last else (most if step or not first else low)
        if not least <= low <= high <= most:
            raise CronError(f"{field} is not within {least} to {most}")
        found |= set(range(low, high + 1, _number(step, None) if step else 1))
    return frozenset(found)


def _number(text: str, names: dict[str, int] | None) -> int:
    if names and text in names:
        return names[text]
    if not text.isascii() or not text.isdigit():
        raise CronError(f"{text} is no number")
    return int(text)
