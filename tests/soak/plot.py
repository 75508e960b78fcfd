"""Lines over time as a small SVG, which needs no library to draw or to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 760, 320, 60, 40, 20, 130
COLOURS = ("#2a78b8", "#d1672a", "#3d9141", "#8a55a8", "#7a6a53", "#c23a66")

Points = Sequence[tuple[float, float]]


def lines(series: Mapping[str, Points], *, x_label: str, y_label: str) -> str:
    """One line for each series of (x, y), both axes from 0."""
    most_x = max(x for points in series.values() for x, _ in points)
    most_y = 1.15 * max(y for points in series.values() for _, y in points)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">',
        "<style>text {font: 12px sans-serif}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *_grid(most_x, most_y),
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}">{x_label}</text>',
        f'<text x="6" y="{TOP - 6}">{y_label}</text>',
    ]
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        parts += _line(name, points, most_x, most_y, colour)
    return "\n".join([*parts, "</svg>\n"])


def _place(x: float, y: float, most_x: float, most_y: float) -> tuple[float, float]:
    right = LEFT + x / most_x * (WIDTH - LEFT - RIGHT)
    return round(right, 1), round(HEIGHT - BOTTOM - y / most_y * (HEIGHT - BOTTOM - TOP), 1)


def _grid(most_x: float, most_y: float) -> list[str]:
    parts = []
    for fifth in range(6):
        x, bottom = _place(most_x * fifth / 5, 0, most_x, most_y)
        left, y = _place(0, most_y * fifth / 5, most_x, most_y)
        parts += [
            f'<line x1="{left}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#ddd"/>',
            f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{most_y * fifth / 5:.0f}</text>',
            f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{most_x * fifth / 5:.0f}</text>',
        ]
    return parts


def _line(name: str, points: Points, most_x: float, most_y: float, colour: str) -> list[str]:
    places = [_place(x, y, most_x, most_y) for x, y in points]
    path = " ".join(f"{x},{y}" for x, y in places)
    last_x, last_y = places[-1]
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>',
        f'<text x="{last_x + 6}" y="{last_y + 4}" fill="{colour}">{name}</text>',
    ]
