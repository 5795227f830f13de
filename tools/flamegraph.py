#!/usr/bin/env python3
"""Where the time goes, as a picture: perf script | flamegraph.py [TITLE] > FILE.svg

Reads the stacks that perf has sampled and draws them: a box is a function, as wide as its share of
all samples, upon the functions that called it; boxes side by side are in the order of their names. The
idea is Brendan Gregg's (The Flame Graph, Communications of the ACM 59(6), 2016). Point at a box to
read its name and share. Functions below 0.1 % are left out, and all that the kernel does for a call or
a fault is one box.
"""
import html
import re
import sys

WIDTH, ROW, FONT, SHARE_MIN = 1200, 17, 11, 0.001
# One frame of perf script: an address, a symbol with its offset, and the file in brackets.
FRAME = re.compile(r"^\s+[0-9a-f]+ (.*) \((.*)\)$")


class Box:
    """A function as called by what lies below it."""

    def __init__(self):
        self.samples = 0
        self.above = {}


def name_of(symbol):
    """A function's own name: without its offset and what the linker's optimizer has added."""
    symbol = re.sub(r"\+0x[0-9a-f]+$", "", symbol)
    return re.sub(r"\.(lto_priv|constprop|isra|part|cold)(\.\d+)*", "", symbol)


def kernel_name(names):
    """What it was that the kernel did, by the outermost of its functions that tells."""
    for name in names:
        call = re.match(r"(?:__x64_sys|__arm64_sys|ksys|vfs)_(\w+)", name)
        if call:
            return f"kernel: {call[1]}"
        if "page_fault" in name:
            return "kernel: page fault"
        if "interrupt" in name:
            return "kernel: interrupt"
    return "kernel"


def fold(frames):
    """(symbol, file) from the outermost to names, the kernel's in one."""
    inside = [name_of(symbol) for symbol, place in frames if place.startswith("[kernel")]
    ours = [name_of(symbol) for symbol, place in frames if not place.startswith("[")]
    return ours + ([kernel_name(inside)] if inside else [])


def stacks(lines):
    """Lists of names, the outermost first."""
    frames = []
    for line in lines:
        match = FRAME.match(line)
        if match:
            frames.append(match.groups())
        elif not line.strip() and frames:
            yield fold(frames[::-1])
            frames = []
    if frames:
        yield fold(frames[::-1])


def pile(lines):
    root = Box()
    for frames in stacks(lines):
        root.samples += 1
        box = root
        for frame in frames:
            box = box.above.setdefault(frame, Box())
            box.samples += 1
    return root


def depth(box, least):
    return 1 + max((depth(above, least) for above in box.above.values() if above.samples >= least),
                   default=0)


def color(name):
    """The kernel green, libraries blue, our own functions warm; a function always has the same."""
    tone = sum(name.encode()) % 40
    if name.startswith("kernel"):
        return f"rgb({150 + tone},{190 + tone},{150 + tone})"
    if name.startswith(("ZSTD_", "HUF_", "FSE_", "XXH", "isal_", "_", "fdr_", "nfa", "rose")):
        return f"rgb({150 + tone},{180 + tone},{215 + tone // 2})"
    return f"rgb({220 + tone // 2},{140 + tone},{70 + tone})"


def draw(box, name, total, left, row, rows, least):
    width = WIDTH * box.samples / total
    top = (rows - 1 - row) * ROW + 2 * ROW
    share = f"{name}: {100 * box.samples / total:.1f} %"
    room = int((width - 6) / (FONT * 0.6))
    text = name if len(name) <= room else name[:room - 1] + "…" if room > 3 else ""
    yield (f'<g><title>{html.escape(share)}</title><rect x="{left:.1f}" y="{top}" '
           f'width="{max(width - 0.5, 0.5):.1f}" height="{ROW - 1}" fill="{color(name)}"/>')
    if text:
        yield f'<text x="{left + 3:.1f}" y="{top + ROW - 5}">{html.escape(text)}</text>'
    yield "</g>\n"
    for above in sorted(box.above):
        child = box.above[above]
        if child.samples >= least:
            yield from draw(child, above, total, left, row + 1, rows, least)
        left += WIDTH * child.samples / total


def main():
    title = sys.argv[1] if len(sys.argv) > 1 else "spraywatch"
    root = pile(sys.stdin)
    if root.samples == 0:
        sys.exit("flamegraph: no stacks on standard input; it reads what perf script prints")
    least = SHARE_MIN * root.samples
    rows = depth(root, least)
    height = (rows + 2) * ROW + 4
    sys.stdout.write(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" font-family="monospace" font-size="{FONT}">\n'
        f'<rect width="100%" height="100%" fill="white"/>\n'
        f'<text x="{WIDTH / 2}" y="{ROW}" text-anchor="middle" font-size="{FONT + 3}">'
        f'{html.escape(title)}, {root.samples} samples</text>\n')
    sys.stdout.writelines(draw(root, "all", root.samples, 0, 0, rows, least))
    sys.stdout.write("</svg>\n")


main()
