#!/usr/bin/env python3
"""Writes a C file that holds data files: embed.py SYMBOL OUTPUT FILE...

The result defines `const struct embedded_file SYMBOL[]`, in the order of the files given, and `const
size_t SYMBOL_count`.
"""
import os
import sys


def main() -> None:
    symbol, output, files = sys.argv[1], sys.argv[2], sys.argv[3:]
    with open(output, "w", encoding="ascii") as out:
        out.write('/* Made by tools/embed.py. */\n#include "engine/base/embedded.h"\n\n')
        out.write(f"extern const struct embedded_file {symbol}[];\n")
        out.write(f"extern const size_t {symbol}_count;\n\n")
        for index, path in enumerate(files):
            with open(path, "rb") as source:
                content = source.read()
            out.write(f"static const unsigned char file_{index}[] = {{\n")
            for start in range(0, len(content), 16):
                out.write("    " + "".join(f"{byte}, " for byte in content[start : start + 16]) + "\n")
            out.write("    0};\n\n")
        out.write(f"const struct embedded_file {symbol}[] = {{\n")
        for index, path in enumerate(files):
            name = os.path.basename(path)
            out.write(f'    {{"{name}", (const char *)file_{index}, sizeof(file_{index}) - 1}},\n')
        out.write("};\n")
        out.write(f"const size_t {symbol}_count = sizeof({symbol}) / sizeof({symbol}[0]);\n")


main()
