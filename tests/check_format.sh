#!/bin/sh
# Every C source is as clang-format would write it; with --fix, rewrites them to be so.
# Exits with 77, "skipped", without clang-format.
cd "$(dirname "$0")/.." || exit 1

if ! command -v clang-format >/dev/null; then
    echo "clang-format is not installed"
    exit 77
fi

# git knows which files are ours; an unpacked archive without it holds nothing else. The checkout
# may belong to another user than the one who tests, as it does in containers.
sources() {
    git -c safe.directory='*' ls-files --cached --others --exclude-standard '*.c' '*.h' '*.inc' \
        2>/dev/null ||
        find . -path ./build -prune -o -type f \( -name '*.c' -o -name '*.h' -o -name '*.inc' \) -print
}

list=$(sources)
if [ -z "$list" ]; then
    echo "no sources found"
    exit 1
fi
action="--dry-run -Werror --ferror-limit=1"
[ "${1:-}" != --fix ] || action=-i
# shellcheck disable=SC2086 # words
printf '%s\n' "$list" | while read -r file; do
    [ ! -e "$file" ] || printf '%s\0' "$file"
done | xargs -0 clang-format $action
