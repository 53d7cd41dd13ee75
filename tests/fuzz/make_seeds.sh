#!/bin/sh
# make_seeds.sh FOLDER [TABLE]: the fuzz target's inputs made from the parser cases, one file each.
set -eu
folder=$1
mkdir -p "$folder"
if [ $# -gt 1 ]; then
	export T1554TRIAGE_FUZZ_TABLE="$2"
fi
cd "${TOP_SRCDIR:?}/tests/parsers"
for in in */*/*/in; do
	case=${in%/in} table=${in%%/*}
	if [ ! -d "$in" ] || [ "$table" != "${2-$table}" ]; then
		continue
	fi
	driver=${case#*/}
	"${TOP_BUILDDIR:?}/tests/fuzz/fuzz_seed" "$table" "${driver%/*}" "$case" >"$folder/$(echo "$case" | tr / -)"
done
