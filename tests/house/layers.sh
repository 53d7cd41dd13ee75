#!/bin/sh
# Holds every #include against the table of layers in ARCHITECTURE.md.
# From within, so that no name of a folder above is taken for one of ours.
cd "${TOP_SRCDIR:-.}" || exit 99
# shellcheck disable=SC2046 # our own file names hold no blanks
awk '
FILENAME ~ /ARCHITECTURE\.md$/ {
	if ($0 ~ /^## /) in_layers = $0 == "## Layers"
	if (in_layers && $0 ~ /^\| [a-z]+ +\|/) {
		split($0, cell, "|"); gsub(/ /, "", cell[2]); folder = cell[2]
		known[folder] = 1; may[folder, folder] = 1
		count = split(cell[3], used, " ")
		for (i = 1; i <= count; i++) {
			if (!(used[i] in known)) fail(FILENAME, FNR, folder " names " used[i] ", which does not stand above it")
			may[folder, used[i]] = 1
		}
	}
	next
}
FILENAME ~ /^include\/t1554triage\// {
	if (FNR == 1) {
		name = FILENAME; sub(/.*\//, "", name)
		if (name ~ /\.def$/) { layer_of[name] = "base"; nextfile }
		if (match($0, /Layer: [a-z]+\./)) layer_of[name] = substr($0, RSTART + 7, RLENGTH - 8)
		else fail(FILENAME, 1, "no \"Layer: ...\" in the first line")
		if (!(layer_of[name] in known)) fail(FILENAME, 1, "unknown layer " layer_of[name])
		including = layer_of[name]
	}
}
FILENAME ~ /^src\// && FNR == 1 { including = FILENAME; sub(/^src\//, "", including); sub(/\/.*/, "", including) }
pass == 2 && /^#include <t1554triage\// {
	name = $2; sub(/^<t1554triage\//, "", name); sub(/>.*/, "", name)
	if (name in layer_of && !((including, layer_of[name]) in may))
		fail(FILENAME, FNR, including " may not use " layer_of[name] " (" name ")")
}
/^#include ".*\// { fail(FILENAME, FNR, "a private header of another folder") }
function fail(file, line, text) { print "# " file ":" line ": " text; failed = 1 }
END { print (failed ? "not ok" : "ok") " 1 - includes follow the layers"; exit failed }
' ARCHITECTURE.md include/t1554triage/*.def pass=1 include/t1554triage/*.h \
	pass=2 include/t1554triage/*.h $(find src -name '*.[ch]' | sort)
echo 1..1
