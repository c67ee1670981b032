"""Pretended cameras that are pleasant to look at: a drawn person before a coloured wall."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_WIDTH, _HEIGHT = 480, 270
_FRAMES = 6

Colour = tuple[float, float, float]
"""Red, green and blue, from 0 to 1."""

_BLACK: Colour = (0.0, 0.0, 0.0)
_EYES: Colour = (0.12, 0.10, 0.10)
_MOUTH: Colour = (0.45, 0.16, 0.15)


@dataclass(frozen=True)
class Looks:
    """The colours of somebody and of the wall behind."""

    wall: Colour
    skin: Colour
    hair: Colour
    shirt: Colour


@dataclass(frozen=True)
class _Spot:
    """An ellipse."""

    x: float
    y: float
    wide: float
    high: float

    def at(self, x: float, y: float) -> float:
        """How much of it is here: 1 inside, 0 outside, between on its edge."""
        distance = ((x - self.x) / self.wide) ** 2 + ((y - self.y) / self.high) ** 2
        return max(0.0, min(1.0, (1.0 - distance) * self.wide * _HEIGHT / 3 + 0.5))


def portrait(path: Path, looks: Looks) -> Path:
    """Write a camera's pictures (YUV4MPEG2), for `--use-file-for-fake-video-capture`."""
    rows = [[_pixel(x / _WIDTH, y / _HEIGHT, looks) for x in range(_WIDTH)] for y in range(_HEIGHT)]
    picture = _planes(rows)
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n" % (_WIDTH, _HEIGHT))
        for _ in range(_FRAMES):
            file.write(b"FRAME\n" + picture)
    return path


def _pixel(x: float, y: float, looks: Looks) -> Colour:
    x = (x - 0.5) * _WIDTH / _HEIGHT
    colour = _mixed(_BLACK, looks.wall, min(1.0, 1.08 - 0.35 * y - 0.15 * x))
    colour = _mixed(colour, looks.hair, _Spot(0.0, 0.40, 0.205, 0.25).at(x, y))
    colour = _mixed(colour, looks.shirt, _Spot(0.0, 1.08, 0.46, 0.40).at(x, y))
    neck = _mixed(_BLACK, looks.skin, 0.9)
    colour = _mixed(colour, neck, _Spot(0.0, 0.66, 0.075, 0.13).at(x, y))
    colour = _mixed(colour, looks.skin, _Spot(0.0, 0.46, 0.158, 0.205).at(x, y))
    colour = _mixed(colour, looks.hair, _Spot(0.03, 0.285, 0.165, 0.085).at(x, y))
    for eye in (-0.06, 0.06):
        colour = _mixed(colour, _EYES, _Spot(eye, 0.455, 0.014, 0.018).at(x, y))
    above = _Spot(0.0, 0.528, 0.062, 0.036).at(x, y)
    return _mixed(colour, _MOUTH, _Spot(0.0, 0.54, 0.055, 0.038).at(x, y) * (1 - above))


def _mixed(under: Colour, over: Colour, part: float) -> Colour:
    red, green, blue = (a + (b - a) * part for a, b in zip(under, over, strict=True))
    return red, green, blue


def _planes(rows: Sequence[Sequence[Colour]]) -> bytes:
    """Y in full, Cb and Cr at half the width and height (JFIF)."""
    luma = bytes(_byte(0.299 * r + 0.587 * g + 0.114 * b) for row in rows for r, g, b in row)
    halved = [row[::2] for row in rows[::2]]
    blue = bytes(_byte(0.5 - 0.169 * r - 0.331 * g + 0.5 * b) for row in halved for r, g, b in row)
    red = bytes(_byte(0.5 + 0.5 * r - 0.419 * g - 0.081 * b) for row in halved for r, g, b in row)
    return luma + blue + red


def _byte(value: float) -> int:
    return max(0, min(255, round(value * 255)))
