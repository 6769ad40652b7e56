#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Photographs of good, damaged and wrong cards for `ktp-station inspect --cases`, worked out by other means than
every other simulator here: numpy, most of it in coded values, its own printer, light, lens, noise, JPEG and shapes of
damage. An engine that was fitted to its own pictures shows it here. Sizes as in the catalogue of docs/inspection.md.

  ktp-station render BATCH.csv --out FACES --dpi 600
  coded_camera.py FACES PHOTOS --dpi 600 --good 200 --bad 12 --grade must
  ktp-station inspect --cases PHOTOS/CASES.csv --profile config/inspection/ektp.yaml --out VERDICTS.csv

Wrong content: `--printed OTHER`, faces of the same names that are printed in place of the expected ones. Needs Debian's
python3-numpy and python3-opencv. The same seed gives the same photographs.
"""
import argparse
import csv
import pathlib

import cv2
import numpy as np

CARD_MM = (85.60, 53.98)
RADIUS_MM = 3.18
HEAD_ELEMENT_MM = 0.0847
PAPER = 248

# Of must and of should be found: mm, share of density, head elements; None where the kind has no such grade.
SIZES = {
    "scratch": (0.20, 0.10), "crack": (0.25, 0.12), "stain": (0.8, 0.4), "void": (0.4, 0.2), "dust": (0.5, 0.25),
    "fibre": (2.0, 1.2), "dead": (2, 1), "wrinkle": (0.35, 0.15), "fade": (0.25, 0.12), "partfade": (0.25, 0.12),
    "panel": (1, None), "misregister": (0.4, 0.2), "misplaced": (1.0, 0.5), "chip": (1.2, 0.6), "corner": (3.0, 1.5),
    "bubble": (2.0, 1.0), "half": (1, None), "ghost": (1, None), "wrongcard": (1, None), "wrongside": (1, None)}


def smooth_noise(rng, height, width, cells):
    noise = rng.standard_normal((cells, int(cells * width / height) + 1)).astype(np.float32)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)


def shifted(plane, x, y, **options):
    return cv2.warpAffine(plane, np.float32([[1, 0, x], [0, 1, y]]), plane.shape[1::-1], **options)


def blob(rng, shape, centre, radius, rough=0.25):
    """An uneven round spot, 0..1."""
    corners = 28
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    uneven = cv2.GaussianBlur(rng.standard_normal((1, corners)).astype(np.float32), (1, 5), 0)[0]
    reach = radius * (1 + rough * uneven)
    points = np.stack([centre[0] + reach * np.cos(angle), centre[1] + reach * np.sin(angle)], 1)
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return mask.astype(np.float32) / 255


def line(rng, shape, start, end, width, bend):
    """A bent line of fractions of a pixel, 0..1."""
    height_px, width_px = shape
    mask = np.zeros(shape, np.float32)
    t = np.linspace(0, 1, 24)
    along = np.array(end) - np.array(start)
    normal = np.array([-along[1], along[0]]) / (np.linalg.norm(along) + 1e-6)
    off = bend * np.sin(np.pi * t) + 0.02 * bend * rng.standard_normal(24)
    points = np.array(start)[None] + t[:, None] * along[None] + off[:, None] * normal[None]
    low = np.maximum(np.floor(points.min(0) - width - 3).astype(int), 0)
    high = np.minimum(np.ceil(points.max(0) + width + 3).astype(int), [width_px, height_px])
    if (high <= low).any():
        return mask
    fine = 4
    big = np.zeros(((high[1] - low[1]) * fine, (high[0] - low[0]) * fine), np.uint8)
    cv2.polylines(big, [np.round((points - low) * fine).astype(np.int32)], False, 255,
                  max(1, int(round(width * fine))), cv2.LINE_AA)
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    mask[low[1]:high[1], low[0]:high[0]] = cv2.resize(big, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return mask


def visible(after, before, mask):
    inside = mask > 0.5
    return inside.any() and np.abs(after[inside].mean(0) - before[inside].mean(0)).max() >= 18


def within(point, shape, margin):
    height, width = shape
    return margin * width < point[0] < (1 - margin) * width and 1.25 * margin * height < point[1] < (1 - 1.25 * margin) * height


def damaged(rng, kind, size, face, px_per_mm, other):
    """The print with damage, and what its body has of it. `other`: the face that is printed by mistake."""
    height, width = shape = face.shape[:2]
    before = face
    for _ in range(40):  # until it can be seen
        f = before.copy()
        centre = x, y = rng.uniform(0.08, 0.92) * width, rng.uniform(0.1, 0.9) * height
        if kind in ("scratch", "crack"):
            length = (rng.uniform(5, 20) if kind == "scratch" else rng.uniform(10, 30)) * px_per_mm
            angle = rng.uniform(0, 2 * np.pi)
            end = (x + length * np.cos(angle), y + length * np.sin(angle))
            if not within(end, shape, 0.04):
                continue
            mask = line(rng, shape, centre, end, size * px_per_mm, rng.uniform(-1, 1) * px_per_mm)
            bare = kind == "scratch" and rng.random() < 0.6
            colour = np.array([245, 245, 242]) if bare else rng.uniform(30, 110) * np.ones(3)
            f = f * (1 - 0.9 * mask[..., None]) + 0.9 * mask[..., None] * colour
        elif kind == "stain":
            mask = blob(rng, shape, centre, size * px_per_mm / 2)
            f = f * (1 - mask[..., None] * (1 - rng.uniform(0.35, 0.85, 3)))
        elif kind == "void":
            mask = blob(rng, shape, centre, size * px_per_mm / 2)
            f = f + mask[..., None] * (246 - f) * rng.uniform(0.8, 1)
        elif kind == "dust":
            mask = blob(rng, shape, centre, size * px_per_mm / 2, 0.4)
            f = f * (1 - mask[..., None]) + mask[..., None] * rng.uniform(40, 120)
        elif kind == "fibre":
            angle, length = rng.uniform(0, 6.28), size * px_per_mm
            end = (x + length * np.cos(angle), y + length * np.sin(angle))
            mask = line(rng, shape, centre, end, 0.08 * px_per_mm, 0.3 * length)
            f = f * (1 - 0.8 * mask[..., None]) + 0.8 * mask[..., None] * rng.uniform(20, 90)
        elif kind == "dead":
            row, rows = int(y), np.arange(height)
            end = row + size * HEAD_ELEMENT_MM * px_per_mm
            share = np.clip(np.minimum(rows + 1, end) - np.maximum(rows, row), 0, 1)[:, None]
            colour = rng.choice(4)
            for c in [0, 1, 2] if colour == 3 else [colour]:
                f[..., c] = f[..., c] + share * (PAPER - f[..., c])
            if np.abs(f[row] - before[row]).max(1).mean() < 18:
                continue
            return f, {}
        elif kind == "wrinkle":
            length = rng.uniform(15, 40) * px_per_mm
            angle = rng.choice([-1, 1]) * rng.uniform(0.3, 1.2)
            end = (x + length * np.cos(angle), y + length * np.sin(angle))
            if not (0.03 * width < end[0] < 0.97 * width and 0.04 * height < end[1] < 0.96 * height):
                continue
            mask, c = line(rng, shape, centre, end, size * px_per_mm, 0), rng.integers(3)
            f[..., c] = f[..., c] + mask * (PAPER - f[..., c]) * 0.75
            inside = mask > 0.5
            if not inside.any() or (f[inside] - before[inside])[..., c].mean() < 16:
                continue
            return f, {}
        elif kind in ("fade", "partfade"):
            paler = PAPER * (np.clip(f, 1, PAPER) / PAPER) ** (1 - size)
            if kind == "fade":
                return paler, {}
            column = int(rng.uniform(0.3, 0.7) * width)
            f[:, column:] = paler[:, column:]
            return f, {}
        elif kind == "panel":
            f[..., rng.integers(3)] = 246
            return f, {}
        elif kind == "misregister":
            c, angle = rng.integers(3), rng.uniform(0, 6.28)
            f[..., c] = shifted(np.ascontiguousarray(f[..., c]), size * px_per_mm * np.cos(angle),
                                size * px_per_mm * np.sin(angle), borderMode=cv2.BORDER_REPLICATE)
            return f, {}
        elif kind == "misplaced":
            angle = rng.choice([0, np.pi / 2, np.pi, 3 * np.pi / 2])
            return f, {"shift": (size * np.cos(angle), size * np.sin(angle))}
        elif kind in ("chip", "corner"):
            return f, {kind: size}
        elif kind == "bubble":
            radius = size * px_per_mm / 2
            rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
            away = np.hypot(columns - x, rows - y) / radius
            rim, lamp = np.exp(-((away - 0.85) / 0.12) ** 2), rng.uniform(0, 6.28)
            facing = ((columns - x) * np.cos(lamp) + (rows - y) * np.sin(lamp)) / radius
            return f + (rim * np.clip(facing, -1, 1) * 42)[..., None] + ((away < 1) * 10)[..., None], {}
        elif kind == "half":
            f[:, int(rng.uniform(0.25, 0.8) * width):] = 246
            return f, {}
        elif kind == "ghost":
            copy = shifted(f, rng.uniform(1, 3) * px_per_mm, rng.uniform(-1, 1) * px_per_mm, borderValue=(PAPER,) * 3)
            return f * (1 - 0.22 * (PAPER - copy) / PAPER), {}
        else:  # wrongcard, wrongside
            return other.copy(), {}
        if visible(f, before, mask):
            return f, {}
    return f, {}


def printed(rng, face, uneven):
    """Density, register and softness of the printer, mottle and grain of its dye."""
    px_per_mm = face.shape[1] / CARD_MM[0]
    height, width = face.shape[:2]
    density = 1 + rng.uniform(-0.03, 0.03, 3) * uneven
    f = 250 * (np.clip(face.astype(np.float32), 1, 255) / 255) ** density.astype(np.float32)
    for c in range(3):
        f[..., c] = shifted(np.ascontiguousarray(f[..., c]), rng.normal(0, 0.02) * px_per_mm,
                            rng.normal(0, 0.02) * px_per_mm, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    f = cv2.GaussianBlur(f, (0, 0), rng.uniform(0.4, 0.8) * px_per_mm / 23.6)
    mottle = smooth_noise(rng, height, width, 40)[..., None] * 1.5
    grain = rng.standard_normal((height, width, 1)).astype(np.float32) * 2.0
    return f + (255 - f) / 255 * (mottle + grain) * uneven


def body(rng, f, extra):
    """The card's outline, 0..1, with what is missing of it; the print on the white of the card."""
    px_per_mm = f.shape[1] / CARD_MM[0]
    height, width = f.shape[:2]
    alpha, radius = np.zeros((height, width), np.uint8), RADIUS_MM * px_per_mm
    cv2.rectangle(alpha, (int(radius), 0), (int(width - radius) - 1, height - 1), 255, -1)
    cv2.rectangle(alpha, (0, int(radius)), (width - 1, int(height - radius) - 1), 255, -1)
    for x in (radius, width - 1 - radius):
        for y in (radius, height - 1 - radius):
            cv2.circle(alpha, (int(round(x)), int(round(y))), int(round(radius)), 255, -1, cv2.LINE_AA)
    alpha = alpha.astype(np.float32) / 255
    shift_x, shift_y = extra.get("shift", (0, 0))
    shift_x += rng.uniform(-0.15, 0.15)
    shift_y += rng.uniform(-0.15, 0.15)
    white = np.array(rng.uniform(236, 252) * np.ones(3) + rng.uniform(-4, 4, 3), np.float32)
    f = shifted(f, shift_x * px_per_mm, shift_y * px_per_mm, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
                borderValue=tuple(float(v) for v in white))
    if "chip" in extra:
        depth, side, place = extra["chip"] * px_per_mm, rng.integers(4), rng.uniform(0.2, 0.8)
        half = depth * rng.uniform(1.2, 2.5)
        k = np.linspace(-1, 1, 9)
        deep = depth * np.clip(1 - k ** 2, 0, 1) * (1 + 0.15 * rng.standard_normal(9))
        deep = np.where(np.abs(k) < 1, np.maximum(deep, 0), -4)
        if side < 2:
            points = np.stack([place * width + k * half, deep if side == 0 else height - 1 - deep], 1)
        else:
            points = np.stack([deep if side == 2 else width - 1 - deep, place * height + k * half], 1)
        cv2.fillPoly(alpha, [np.round(points * 16).astype(np.int32)], 0, cv2.LINE_AA, 4)
    if "corner" in extra:
        leg, right, lower = extra["corner"] * px_per_mm, rng.integers(2), rng.integers(2)
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        from_corner = ((width - 1 - columns if right else columns) + (height - 1 - rows if lower else rows)) / leg
        up = rng.random() < 0.5
        if rng.random() < 0.6:  # turned away so far that it is hidden
            alpha = alpha * (from_corner > rng.uniform(0.75, 1.0))
        shade = np.clip((1.15 - from_corner) / 0.3, 0, 1)
        f = f * (1 - shade[..., None] * (0.35 if up else -0.12))
    return f, alpha


def table(rng, height, width, px_per_mm):
    kind = rng.integers(5)
    tone = [rng.uniform(15, 60), rng.uniform(90, 140), rng.uniform(150, 200), rng.uniform(40, 120),
            rng.uniform(205, 225)][kind]
    tint = rng.uniform(-25, 25, 3) if kind in (1, 3) else rng.uniform(-5, 5, 3)
    picture = np.full((height, width, 3), tone, np.float32) + tint.astype(np.float32)
    if kind == 3:  # grain of wood
        bend, rows = smooth_noise(rng, height, width, 6), np.arange(height, dtype=np.float32)[:, None]
        waves = 12 * np.sin(rows / px_per_mm * rng.uniform(2, 6) + 3 * bend)
        return picture + waves[..., None] + 4 * smooth_noise(rng, height, width, 200)[..., None]
    return picture + 2 * smooth_noise(rng, height, width, 120)[..., None]


def photograph(rng, face, extra, options):
    """One photograph as the bytes of a PNG or JPEG file, and its name's ending."""
    dpi, uneven = options.dpi, options.uneven
    f, alpha = body(rng, printed(rng, face, uneven), extra)
    scale = dpi / 25.4 * rng.uniform(0.97, 1.06)  # pixels a mm
    width, height = int(scale * (CARD_MM[0] + rng.uniform(10, 24))), int(scale * (CARD_MM[1] + rng.uniform(10, 20)))
    ground = table(rng, height, width, scale)
    # The place: a turn, every tenth card upside down, a slight tilt.
    angle = np.deg2rad(rng.uniform(-4, 4)) + (np.pi if rng.random() < 0.1 else 0)
    centre = np.array([width, height]) / 2 + rng.uniform(-2, 2, 2) * scale
    tilt = rng.uniform(-0.012, 0.012, 2)
    corners = []
    for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        far = 1 + tilt[0] * x + tilt[1] * y
        u, v = x * CARD_MM[0] / 2 / far, y * CARD_MM[1] / 2 / far
        corners.append(centre + scale * np.array([u * np.cos(angle) - v * np.sin(angle),
                                                  u * np.sin(angle) + v * np.cos(angle)]))
    print_h, print_w = f.shape[:2]
    card = np.float32([[0, 0], [print_w, 0], [print_w, print_h], [0, print_h]])
    warp = cv2.getPerspectiveTransform(card - 0.5, np.float32(corners) - 0.5)
    if dpi < 450:
        f, alpha = cv2.GaussianBlur(f, (0, 0), 0.8), cv2.GaussianBlur(alpha, (0, 0), 0.8)
    lying = cv2.warpPerspective(f, warp, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    share = cv2.warpPerspective(alpha, warp, (width, height), flags=cv2.INTER_LINEAR)[..., None]
    away = rng.uniform(-0.6, 0.6, 2) * scale
    shadow = cv2.GaussianBlur(shifted(share[..., 0], away[0], away[1]), (0, 0), 0.5 * scale)
    picture = ground * (1 - 0.35 * rng.uniform(0.3, 1) * shadow[..., None]) * (1 - share) + lying * share
    # Light, haze, sheen, lens, the camera's sharpening and curve, noise.
    rows, columns = np.mgrid[-1:1:height * 1j, -1:1:width * 1j].astype(np.float32)
    light = (1 + rng.uniform(-0.12, 0.12) * uneven * columns + rng.uniform(-0.12, 0.12) * uneven * rows -
             rng.uniform(0, 0.12) * uneven * (columns ** 2 + rows ** 2) / 2)
    picture = picture * (light * rng.uniform(0.86, 1.0))[..., None] * (1 + rng.uniform(-0.04, 0.04, 3)).astype(np.float32)
    picture = picture + rng.uniform(0, 5) * uneven
    sheen_x, sheen_y = rng.uniform(-1, 1, 2)
    sheen = rng.uniform(0, 10) * uneven * np.exp(
        -((columns - sheen_x) ** 2 + (rows - sheen_y) ** 2) / rng.uniform(0.2, 0.8))
    picture = picture + sheen[..., None]
    bulge = 1 + rng.uniform(-0.006, 0.006) * (columns ** 2 + rows ** 2)
    picture = cv2.remap(picture, ((columns * bulge + 1) / 2 * (width - 1)).astype(np.float32),
                        ((rows * bulge + 1) / 2 * (height - 1)).astype(np.float32), cv2.INTER_LINEAR,
                        borderMode=cv2.BORDER_REFLECT)
    picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 1.1) * (dpi / 600 * 0.6 + 0.4))
    if rng.random() < 0.3:
        picture = picture + 0.4 * (picture - cv2.GaussianBlur(picture, (0, 0), 1.2))
    picture = 255 * (np.clip(picture, 0, 255) / 255) ** rng.uniform(0.92, 1.08)
    noise = rng.standard_normal(picture.shape).astype(np.float32)
    picture = picture + noise * np.sqrt(rng.uniform(0.5, 2.0) ** 2 + picture * rng.uniform(0.005, 0.02))
    picture = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    quality = options.jpeg if options.jpeg >= 0 else int(rng.choice([0, 85, 90, 95]))
    if quality:
        return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes(), "jpg"
    return cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes(), "png"


def read(path):
    picture = cv2.imread(str(path))
    if picture is None:
        raise SystemExit(f"{path}: cannot be read; FACES is what `ktp-station render` made")
    return picture.astype(np.float32)


def beside(path, side):
    return path.with_name(path.name.rsplit("-", 1)[0] + f"-{side}.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", type=pathlib.Path)
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("--dpi", type=int, default=600, choices=(300, 600))
    parser.add_argument("--good", type=int, default=50, help="good cards")
    parser.add_argument("--bad", type=int, default=0, help="damaged cards of each kind")
    parser.add_argument("--grade", default="must", choices=("must", "should"))
    parser.add_argument("--kinds", default="", help="only these, separated by commas")
    parser.add_argument("--printed", type=pathlib.Path, help="print these fronts in place of the expected ones")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--uneven", type=float, default=1.0, help="times as uneven: light, haze, sheen, density, grain")
    parser.add_argument("--jpeg", type=int, default=-1, help="quality; 0 none, -1 any")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    fronts = sorted(options.faces.glob("*-front.png"))
    if len(fronts) < 2:
        raise SystemExit(f"{options.faces}: at least two faces are needed")
    options.photos.mkdir(parents=True, exist_ok=True)
    wanted = options.kinds.split(",") if options.kinds else SIZES
    sizes = {kind: size[options.grade == "should"] for kind, size in SIZES.items() if kind in wanted}
    tasks = [("good", 0, i) for i in range(options.good)]
    tasks += [(kind, size, i) for kind, size in sizes.items() if size is not None for i in range(options.bad)]
    if options.printed:
        tasks = [("printed", 0, i) for i in range(len(fronts))]
    with open(options.photos / "CASES.csv", "w", newline="") as cases, \
            open(options.photos / "TRUTH.csv", "w", newline="") as truth:
        case, told = csv.writer(cases, lineterminator="\n"), csv.writer(truth, lineterminator="\n")
        case.writerow(["id", "side", "expected", "captured"])
        told.writerow(["id", "kind", "size"])
        for number, (kind, size, i) in enumerate(tasks):
            rng = np.random.default_rng([options.seed, number])
            if kind == "printed":
                side, expected = "front", fronts[i]
                face, extra = read(options.printed / expected.name), {}
            else:
                front = fronts[rng.integers(len(fronts))]
                side = "front" if rng.random() < 0.5 else "back"
                if kind == "wrongcard":
                    side = "front"  # all backs are alike
                expected, other = beside(front, side), None
                if kind == "wrongcard":
                    other = read(fronts[(fronts.index(front) + 1 + rng.integers(len(fronts) - 1)) % len(fronts)])
                if kind == "wrongside":
                    other = read(beside(front, "back" if side == "front" else "front"))
                face, extra = read(expected), {}
                if kind != "good":
                    face, extra = damaged(rng, kind, size, face, face.shape[1] / CARD_MM[0], other)
            data, ending = photograph(rng, face, extra, options)
            name = f"{kind}-{options.seed}-{i}"
            (options.photos / f"{name}.{ending}").write_bytes(data)
            case.writerow([name, side, expected.resolve(), f"{name}.{ending}"])
            told.writerow([name, kind, size])
            if number % 20 == 19:
                print(f"{number + 1}/{len(tasks)} photographs", flush=True)


if __name__ == "__main__":
    main()
