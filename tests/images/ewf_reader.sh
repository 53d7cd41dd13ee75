#!/bin/sh
# The own reader of EWF: digests equal those of the medium over every way of writing a set; damage
# of every kind of section costs what it must and no more, and never shows in bytes that are called whole.
# shellcheck source=tests/images/lib.sh
. "${TOP_SRCDIR:-.}/tests/images/lib.sh"
need ewfacquire ewfverify openssl md5sum python3
"$dump" "$work" >/dev/null 2>&1 || { echo "1..0 # SKIP no $dump"; exit 0; }
edit=${TOP_SRCDIR:-.}/tests/images/ewf_edit.py

# Text, noise and zeros, what deflate shortens by a sixteenth only, and an end that is no whole chunk.
{
	noise 1 1500000
	noise 3 700000 | tr '\300-\377' '\0-\77'
	head -c 3000000 /dev/zero
	awk 'BEGIN { for (i = 0; i < 60000; i++) print "a line of text, number", i, i * i % 977 }'
	noise 2 700000
	head -c 900000 /dev/zero
} >"$work/all"
size=$(($(wc -c <"$work/all") / 512 * 512))
head -c "$size" "$work/all" >"$work/disk.raw"
md5=$(md5sum <"$work/disk.raw" | cut -d' ' -f1)

# acquire FOLDER OPTION...
acquire() {
	folder=$work/$1
	shift
	rm -rf "$folder"
	mkdir "$folder"
	(cd "$folder" && ewfacquire -u -q -l /dev/null -t case "$@" ../disk.raw) >"$work/log" 2>&1
}

# same FOLDER FIRST-FILE
same() {
	"$dump" "$work/$1/$2" >"$work/out"
	has "$3" "$work/out" "open status=0" "verify status=0" "stored.md5=$md5" "computed.md5=$md5" "result=equal" \
		"size $size"
}

for compression in none empty-block fast best; do
	for sectors in 16 64 2048; do
		acquire set -c $compression -b $sectors -S 100MiB -f encase6
		same set case.E01 "-c $compression -b $sectors"
	done
done
for format in ewf smart ftk encase1 encase2 encase5 encase7 linen6 ewfx; do
	acquire set -c fast -S 100MiB -f $format
	first=$(find "$work/set" -name 'case.*01')
	if [ -n "$first" ]; then
		same set "$(basename "$first")" "-f $format"
	else
		skip "-f $format" "not written by this ewfacquire"
	fi
done
acquire set -c none -S 1MiB -b 16 -f encase6
same set case.E01 "segments of 1 MiB"
is "they are several" "$(find "$work/set" -type f | wc -l | awk '{ print ($1 > 5) }')" 1

# A set in hundreds of segments, of chunks that are many times the same.
python3 "$edit" many "$work/many" 300 4
"$dump" "$work/many/case.E01" >"$work/out"
has "300 segments" "$work/out" "open status=0" "size $((300 * 4 * 32768))" "result=equal"

# A table that passes 2 GiB, and what libewf says of it.
passed=$(python3 "$edit" overflow "$work/overflow")
"$dump" "$work/overflow/case.E01" >"$work/out"
has "a table that passes 2 GiB" "$work/out" "open status=0" "size $((8 * 32768))" "computed.md5=$passed" "result=equal"
if ewfverify -q "$work/overflow/case.E01" >"$work/log" 2>&1; then
	has "libewf reads the same" "$work/log" "$passed"
else
	skip "libewf reads the same" "this libewf does not read it"
fi
rm -rf "$work/overflow"

# Damage: every byte that is called whole is that of the medium.
acquire whole -c fast -b 16 -S 2MiB -f encase6 -d sha1
copy() {
	rm -rf "${work:?}/$1"
	cp -r "$work/whole" "$work/$1"
}
# whole_elsewhere FOLDER: bytes outside the ranges told are equal; how many are told goes to $work/lost.
whole_elsewhere() {
	"$dump" "$work/$1/case.E01" >"$work/out" && "$dump" --bytes "$work/$1/case.E01" >"$work/read" &&
	python3 "$edit" compare "$work/disk.raw" "$work/read" "$work/out" >"$work/lost"
}
for kind in sectors table table2; do
	copy damaged
	python3 "$edit" header "$work/damaged/case.E01" $kind 0
	ok "the header of $kind is damaged: what is told whole is whole" whole_elsewhere damaged
	is "and nothing is lost" "$(cat "$work/lost")" 0
done
for kind in table table2; do
	copy damaged
	python3 "$edit" data "$work/damaged/case.E01" $kind 0 60
	ok "an entry of $kind is damaged: what is told whole is whole" whole_elsewhere damaged
	is "and nothing is lost, the other holds" "$(cat "$work/lost")" 0
	has "and that is said" "$work/out" "note image_copy" "its second copy was used"
	copy damaged
	python3 "$edit" data "$work/damaged/case.E01" $kind 0 1
	ok "the number of entries of $kind is damaged: what is told whole is whole" whole_elsewhere damaged
	is "and nothing is lost" "$(cat "$work/lost")" 0
done
copy damaged
python3 "$edit" data "$work/damaged/case.E01" table 0 60
python3 "$edit" data "$work/damaged/case.E01" table2 0 100
ok "entries of both tables are damaged: what is told whole is whole" whole_elsewhere damaged
is "and nothing is lost: the chunks are found one by one" "$(cat "$work/lost")" 0
is "and that is said of both" "$(grep -c 'note image_copy.*one by one' "$work/out")" 2
copy damaged
python3 "$edit" data "$work/damaged/case.E01" table 0 1
python3 "$edit" data "$work/damaged/case.E01" table2 0 1
ok "both tables are lost: what is told whole is whole" whole_elsewhere damaged
is "and nothing is lost: the chunks are counted one by one" "$(cat "$work/lost")" 0
python3 "$edit" data "$work/damaged/case.E01" sectors 0 5000
ok "and a chunk, too: what is told whole is whole" whole_elsewhere damaged
is "and this chunk is lost" "$(cat "$work/lost")" 8192
for kind in volume data hash digest 'done'; do
	copy damaged
	for file in "$work"/damaged/case.E*; do
		python3 "$edit" data "$file" $kind 0 3 2>/dev/null || python3 "$edit" header "$file" $kind 0 2>/dev/null
	done
	ok "$kind is damaged everywhere: what is told whole is whole" whole_elsewhere damaged
	is "and nothing is lost" "$(cat "$work/lost")" 0
done
cp "$work/disk.raw" "$work/kept.raw"
truncate -s $((size - 512)) "$work/disk.raw"
acquire other -c none -S 1MiB -b 16 -f encase6
cp "$work/kept.raw" "$work/disk.raw"
copy damaged
cp "$work/other/case.E02" "$work/damaged/case.E02"
ok "a segment of another set: what is told whole is whole" whole_elsewhere damaged
has "and it is named" "$work/out" "case.E02 is a segment of another set"

# A medium that ends within a sector: what is behind the whole sectors is stored and digested with them.
for end in 5000000 3276900 3276788; do
	head -c $end "$work/kept.raw" >"$work/disk.raw"
	end_md5=$(md5sum <"$work/disk.raw" | cut -d' ' -f1)
	for options in '-c fast -f encase6' '-c none -f encase6' '-c fast -f smart'; do
		# shellcheck disable=SC2086 # several options
		acquire ending -S 100MiB $options
		"$dump" "$work"/ending/case.?01 >"$work/out"
		has "$end bytes, $options" "$work/out" "open status=0" "size $end" "computed.md5=$end_md5" "result=equal"
	done
done
head -c 3276900 "$work/kept.raw" >"$work/disk.raw"
acquire damaged -c none -S 1MiB -f encase6
rm "$work/damaged/case.E02"
ok "it ends within a sector, and a segment is missing: what is told whole is whole" whole_elsewhere damaged
is "and no more than that segment is lost" "$(awk '{ print ($1 > 0 && $1 < 1100000) }' "$work/lost")" 1
cp "$work/kept.raw" "$work/disk.raw"

# Acquisitions that were broken off: what came in is read.
acquire damaged -c fast -b 16 -S 100MiB -f encase6
python3 "$edit" broken-off "$work/damaged/case.E01" 1000000
ok "broken off: what is told whole is whole" whole_elsewhere damaged
is "and the chunks that were stored are read ($(cat "$work/lost") of $size are lost)" \
	"$(awk -v size="$size" '{ print ($1 > 0 && $1 < size - 990000) }' "$work/lost")" 1
has "and it is said" "$work/out" "case.E01 is cut short"
python3 "$edit" no-size "$work/damaged/case.E01"
"$dump" "$work/damaged/case.E01" >"$work/out"
has "broken off while it came in by a pipe" "$work/out" "open status=0" "does not say how large the medium is" "acquire again"
"$dump" --bytes "$work/damaged/case.E01" >"$work/read"
length=$(wc -c <"$work/read")
is "what came in is read" "$(head -c "$length" "$work/disk.raw" | cmp - "$work/read" 2>&1; echo $((length > 990000)))" 1
python3 "$edit" broken-off "$work/damaged/case.E01" 0
"$dump" "$work/damaged/case.E01" >"$work/out"
has "broken off before anything came in" "$work/out" "open status=-2" "broken off before anything of the medium was stored"

# What is sound and contradicts itself.
copy damaged
python3 "$edit" other-place "$work/damaged/case.E01"
ok "table2 names another chunk: what is told whole is whole" whole_elsewhere damaged
is "and the chunk of which both speak is relied on no more" "$(cat "$work/lost")" 8192
has "and it is said why" "$work/out" "the two tables of the image name different chunks for one place"
copy damaged
for file in "$work"/damaged/case.E*; do
	python3 "$edit" other-digest "$file" 2>/dev/null
done
"$dump" "$work/damaged/case.E01" >"$work/out"
has "two digests by one algorithm" "$work/out" "holds two different digests of the medium" "result=differs"

# Sectors that the acquisition could not read, some of them twice and some behind the end.
acquire damaged -c fast -b 16 -S 100MiB -f encase6
python3 "$edit" errors "$work/damaged/case.E01" 64 8 1000 3 1002 2 64 8 $((size / 512 - 2)) 100 4000000000 7
"$dump" "$work/damaged/case.E01" >"$work/out"
is "they are damage, each once" "$(sed -n 's/^damage //p' "$work/out")" "32768 4096
512000 2048
$((size - 1024)) 1024"
has "with their sectors, and the digest is right all the same" "$work/out" "could not read sectors 64 to 71" \
	"could not read sectors 1000 to 1003" "could not read sectors $((size / 512 - 2)) to $((size / 512 - 1))" "result=equal"
is "ewfinfo names the same first ones" "$(ewfinfo "$work/damaged/case.E01" | grep -cE 'sector\(s\): (64 - 71|1000 - 100)')" 2
# shellcheck disable=SC2046 # numbers
python3 "$edit" errors "$work/damaged/case.E01" $(awk 'BEGIN { for (i = 7000; i; i--) print i * 3001 % 7000 * 2, 1 }')
timeout 20 "$dump" "$work/damaged/case.E01" >"$work/out"
is "thousands of them are noted up to the limit" "$?/$(grep -c 'note acquisition_error' "$work/out")" "0/1000"

# Flipped bytes and cuts everywhere.
seed=1
while [ $seed -le 60 ]; do
	copy damaged
	python3 "$edit" random "$work/damaged" $seed
	timeout 20 "$dump" "$work/damaged/case.E01" >"$work/out" 2>&1
	[ $? -gt 100 ] && break
	if grep -q '^open status=-2' "$work/out"; then
		seed=$((seed + 1))
		continue
	fi
	whole_elsewhere damaged || break
	seed=$((seed + 1))
done
is "60 sets with a flipped byte, a zeroed range or a cut: none gives a wrong byte" "$seed" 61

# More than 1 TiB: 2^25 + 5 chunks of 32 KiB, all of them the same.
python3 "$edit" many "$work/huge" 3 11184813
"$dump" --volumes "$work/huge/case.E01" >"$work/out"
has "a set of more than 1 TiB opens" "$work/out" "open status=0" "size $((3 * 11184813 * 32768))"
if [ "$(uname -m)" = x86_64 ] && ! ldd "$dump" 2>/dev/null | grep -q 'lib.san'; then
	peak=$(python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' "$dump" --volumes "$work/huge/case.E01")
	is "and takes less than 64 MiB ($peak)" "$((peak < 64))" 1
else
	skip "and takes less than 64 MiB" "sanitizers take more"
fi
for offset in 0 549755813888 1099511627776 $((3 * 11184813 * 32768 - 32768)); do
	"$dump" --twice $offset 32768 "$work/huge/case.E01" >"$work/out"
	is "and is read at $offset" "$(grep -c 'read status=0 length=32768 touched=no' "$work/out")" 2
done
finish
