#!/bin/sh
# Compressed artifacts, held against the compressors' own tools.
tool=$TOP_BUILDDIR/tests/unit/inflate_file
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
count=0
ok() {		# ok RESULT TEXT
	count=$((count + 1))
	[ "$1" = 0 ] && echo "ok $count - $2" || echo "not ok $count - $2"
}
skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2 is not installed"
}
awk 'BEGIN { for (i = 0; i < 60000; i++) print i, i * i, "status installed package-" i % 997 }' > plain
head -c 1000000 plain > first; tail -c +1000001 plain > second

for compressor in gzip bzip2 xz lzma lz4 zstd; do
	command -v "$compressor" > /dev/null || { skip "$compressor" "$compressor"; continue; }
	"$compressor" -c < plain > whole
	"$tool" whole > out 2> err
	cmp -s out plain && grep -qx 'status 0' err && ! grep -q '^note' err
	ok $? "$compressor: the bytes are those that went in, without a note"

	[ "$compressor" = lzma ] || {
		"$compressor" -c < first > members; "$compressor" -c < second >> members
		"$tool" members > out 2> err
		cmp -s out plain && grep -qx 'status 0' err
		ok $? "$compressor: two members are one text"

		{ cat whole; echo trailing; } > garbage
		"$tool" garbage > out 2> err
		cmp -s out plain && grep -q '^note artifact_damaged' err && grep -qx 'status -1' err
		ok $? "$compressor: bytes behind the end are noted"
	}
	head -c $(($(wc -c < whole) * 2 / 3)) whole > cut
	"$tool" cut > out 2> err
	size=$(wc -c < out)
	cmp -s -n "$size" out plain && grep -q '^note artifact_damaged' err &&
		{ [ "$size" -gt 0 ] && grep -qx 'status -1' err || grep -qx 'status -2' err; }
	ok $? "$compressor: of a cut stream comes what is whole ($size bytes), with a note"

	head -c 6 whole > cut
	"$tool" cut > out 2> err
	! [ -s out ] && grep -qE '^status (-2|2)$' err
	ok $? "$compressor: six bytes give nothing"

	at=$(($(wc -c < whole) / 2))
	{ head -c "$at" whole; printf '\377\000\125'; tail -c +$((at + 4)) whole; } > flipped
	"$tool" flipped > out 2> err
	grep -q '^note artifact_damaged' err && grep -qE '^status -[12]$' err
	ok $? "$compressor: flipped bits are noted"

	"$tool" whole artifact-bytes=100001 > out 2> err
	[ "$(wc -c < out)" = 100001 ] && cmp -s -n 100001 out plain && grep -q '^note limit_hit' err &&
		grep -qx 'status -1' err
	ok $? "$compressor: artifact-bytes cuts exactly and is noted"

	: | "$compressor" -c > empty
	"$tool" empty > out 2> err
	! [ -s out ] && grep -qx 'status 0' err
	ok $? "$compressor: a whole stream of nothing is whole"
done
if command -v zstd > /dev/null; then
	head -c 200000000 /dev/zero | zstd -q -c > bomb
	"$tool" bomb inflate-ratio=100 > out 2> err
	grep -q '^note limit_hit.*inflate-ratio' err && [ "$(wc -c < out)" -lt 80000000 ]
	ok $? "growth beyond inflate-ratio ends it"
else
	skip "inflate-ratio" zstd
fi
gzip -c < first > members; head -c 512 /dev/zero >> members
"$tool" members > out 2> err
cmp -s out first && grep -qx 'status 0' err
ok $? "zeros behind a stream are padding"
"$tool" plain > out 2> err
! [ -s out ] && grep -qx 'status 2' err
ok $? "plain text is not ours"
: > nothing
"$tool" nothing 2> err
grep -qx 'status 2' err
ok $? "neither is an empty file"
echo "1..$count"
