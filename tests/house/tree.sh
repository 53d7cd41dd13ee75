#!/bin/sh
# What is kept is what is handed out: every file of the repository goes into the distribution, but what only the
# repository needs.  A file that was committed by accident, or left out of its Makemodule.am, departs from it.
cd "${TOP_SRCDIR:?}" || exit 99
if ! git -c safe.directory='*' ls-files --error-unmatch configure.ac >/dev/null 2>&1; then
	echo "1..0 # SKIP this is no checkout: the list of what is kept is missing"
	exit 0
fi
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
git -c safe.directory='*' ls-files | grep -v -x -E '\.gitignore|\.editorconfig|.*/\.gitkeep' >"$work/kept"
make -s -C "${TOP_BUILDDIR:?}" distributed-files >"$work/handed_out"
# A folder stands for all that lies in it.
found=$(awk 'NR == FNR { handed_out[$0] = 1; next }
{ place = $0; while (!(place in handed_out) && sub(/\/[^\/]*$/, "", place)) ; if (!(place in handed_out)) print }' \
	"$work/handed_out" "$work/kept")
if [ -s "$work/kept" ] && [ -s "$work/handed_out" ] && [ -z "$found" ]; then
	echo 'ok 1 - every file that is kept is in the distribution'
else
	echo 'not ok 1 - every file that is kept is in the distribution'
	echo "$found" | head -n 20 | sed 's/^/# /'
fi
echo 1..1
