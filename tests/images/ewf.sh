#!/bin/sh
# EWF sets, whole and damaged, against ewfverify and against the bytes they were made of.
# shellcheck source=tests/images/lib.sh
. "${TOP_SRCDIR:-.}/tests/images/lib.sh"
need ewfacquire ewfverify openssl md5sum
"$dump" "$work" >/dev/null 2>&1 || { echo "1..0 # SKIP no $dump"; exit 0; }
chunk=32768

noise 1 20971520 >"$work/disk.raw"
mkdir "$work/whole"
(cd "$work/whole" && ewfacquire -u -q -c none -S 4MiB -l /dev/null -t case -f encase6 -d sha1 \
	-C 2026-17 -E item-3 -e "A. Examiner" -D "a test" ../disk.raw) >"$work/log" 2>&1
md5=$(md5sum <"$work/disk.raw" | cut -d' ' -f1)
sha1=$(sha1sum <"$work/disk.raw" | cut -d' ' -f1)
before=$(cd "$work" && find whole -type f -printf '%p %s %T@ %C@\n' | sort; sha256sum "$work"/whole/*)

copy() {
	rm -rf "${work:?}/$1"
	cp -r "$work/whole" "$work/$1"
}

# Bytes that the tool reads are those of the medium outside a range, zeros inside it.
same_but() {
	"$dump" --bytes "$1" >"$work/read"
	cp "$work/disk.raw" "$work/expected"
	[ -z "$3" ] || head -c "$3" /dev/zero | dd of="$work/expected" bs=$chunk seek=$(($2 / chunk)) conv=notrunc status=none
	cmp "$work/read" "$work/expected"
}

# Whole, by any segment
for segment in E01 E02 E06; do
	"$dump" "$work/whole/case.$segment" >"$work/out"
	has "a whole set by its segment $segment" "$work/out" "exhibit E1 image ewf case.$segment" \
		"open status=0" "verify status=0" "stored.md5=$md5" "computed.md5=$md5" "stored.sha1=$sha1" \
		"result=equal" "size 20971520 sector 512"
done
"$dump" "$work"/whole/case.E* >"$work/out"
is "all segments as operands are one exhibit" "$(grep -c ^exhibit "$work/out")" 1
"$dump" "$work/whole/case.E01" "$work/whole/../whole/case.E01" "$work/disk.raw" >"$work/out"
is "a set given twice is one exhibit, another image another" "$(grep ^exhibit "$work/out")" \
	"exhibit E1 image ewf case.E01
exhibit E2 image raw disk.raw"
ok "bytes are those of the medium" same_but "$work/whole/case.E01"
"$dump" "$work/whole/case.E01" >"$work/out"
has "header values" "$work/out" "acquisition case_number=2026-17" "acquisition evidence_number=item-3" \
	"acquisition examiner_name=A. Examiner" "acquisition description=a test"
# The zone of the machine must not change what the report says; the program runs in UTC.
is "dates are in UTC and say so" "$(grep -c '^acquisition acquiry_date=[-0-9]*T[:0-9]*Z$' "$work/out")" 1

# One byte of one chunk
copy flip
patch "$work/flip/case.E02" 2000000 '\001\002\003'
range=$(ewfverify -q "$work/flip/case.E01" 2>&1 | sed -n 's/.*at sector(s): \([0-9]*\) - \([0-9]*\) (number.*/\1 \2/p')
first=${range% *} last=${range#* }
offset=$((first * 512)) length=$(((last - first + 1) * 512))
"$dump" "$work/flip/case.E01" >"$work/out"
has "a damaged chunk has the range that ewfverify says ($range)" "$work/out" \
	"note image_damaged offset=$offset length=$length" "damage $offset $length" "verify status=-1" \
	"result=differs" "damaged_bytes=$length damaged_ranges=1" "note media_digest"
is "it is noted once" "$(grep -c 'note image_damaged' "$work/out")" 1
ok "zeros in it, and the rest as it was" same_but "$work/flip/case.E01" "$offset" "$length"
# The chunk is read in both modes: a part of it (cached) and whole.
"$dump" --twice $((offset + 100)) 10 "$work/flip/case.E01" >"$work/out"
is "damage is told at each reading of a part" "$(grep -c 'read status=-1 length=10 touched=yes' "$work/out")" 2
"$dump" --twice "$offset" $chunk "$work/flip/case.E01" >"$work/out"
is "and of the whole chunk" "$(grep -c "read status=-1 length=$chunk touched=yes" "$work/out")" 2
"$dump" --twice $((offset - 10)) 10 "$work/flip/case.E01" >"$work/out"
is "but not beside it" "$(grep -c 'read status=0 length=10 touched=no' "$work/out")" 2

# Three chunks side by side are one range, a fourth elsewhere another.
copy flips
for at in 2000000 2032772 2065544 3000000; do
	patch "$work/flips/case.E02" $at '\001\002\003'
done
"$dump" "$work/flips/case.E01" >"$work/out"
is "neighbouring chunks are one note" "$(grep -c 'note image_damaged' "$work/out")" 2
has "with all of their bytes" "$work/out" "damaged_bytes=$((4 * chunk)) damaged_ranges=2"

# Segment 3 of 6 is missing: its chunks are those between the other tables.
first=8323072 length=4161536
copy gap
rm "$work/gap/case.E03"
"$dump" "$work/gap/case.E01" >"$work/out"
has "a missing segment is named, with its range" "$work/out" "segment case.E03 missing" "open status=-1" \
	"segment case.E03 is missing" "note image_incomplete offset=$first length=$length" "damage $first $length"
ok "both sides of the gap are read in their place" same_but "$work/gap/case.E05" $first $length
"$dump" --twice $((first + length - 5)) 10 "$work/gap/case.E01" >"$work/out"
is "a read across its end is damaged" "$(grep -c 'read status=-1 length=10 touched=yes' "$work/out")" 2

copy cut
truncate -s 3000000 "$work/cut/case.E03"
"$dump" "$work/cut/case.E01" >"$work/out"
# 91 of its chunks (32,772 bytes with their checksums) are there: they are found without their table.
has "a segment cut short is named" "$work/out" "segment case.E03 is cut short" \
	"damage $((first + 91 * chunk)) $((length - 91 * chunk))"
ok "and the rest is read" same_but "$work/cut/case.E01" $((first + 91 * chunk)) $((length - 91 * chunk))

copy two
rm "$work/two/case.E03" "$work/two/case.E05"
"$dump" "$work/two/case.E01" >"$work/out"
has "between two gaps nothing can be placed" "$work/out" "case.E04 lies between two gaps" "damage 8323072 12484608"
ok "what is before and behind is read" same_but "$work/two/case.E01" 8323072 12484608

copy last
rm "$work/last/case.E06"
"$dump" "$work/last/case.E01" >"$work/out"
has "a missing end" "$work/out" "the segments behind case.E05 are missing" "damage 20807680 163840" \
	"result=nothing_stored" "note not_verified offset=0 length=0 what is left of the image holds no digest of the medium"
ok "and what is before it" same_but "$work/last/case.E01" 20807680 163840

copy truncated
rm "$work/truncated/case.E06"
truncate -s 2000000 "$work/truncated/case.E05"
"$dump" "$work/truncated/case.E01" >"$work/out"
has "a truncated end" "$work/out" "segment case.E05 is cut short" "damage 18612224 2359296"
ok "and what is before it, once more" same_but "$work/truncated/case.E01" 18612224 2359296

copy first
rm "$work/first/case.E01"
"$dump" "$work/first/case.E02" >"$work/out"
has "without the first segment nothing is read, and it says why" "$work/out" "open status=-2" \
	"case.E01 is missing" "put it beside the others and run again"

copy foreign
cp "$work/disk.raw" "$work/foreign/case.E03"
"$dump" "$work/foreign/case.E01" >"$work/out"
has "a file of that name that is no segment" "$work/out" "case.E03 is no EWF segment" "damage $first $length"

# A set in one file, cut before its table
mkdir "$work/one"
(cd "$work/one" && ewfacquire -u -q -c fast -S 100MiB -l /dev/null -t case -f encase6 ../disk.raw) >"$work/log" 2>&1
"$dump" "$work/one/case.E01" >"$work/out"
has "one segment" "$work/out" "result=equal"
truncate -s 5000000 "$work/one/case.E01"
"$dump" "$work/one/case.E01" >"$work/out"
has "cut before its table: what is behind the cut is damage, never zeros in silence" "$work/out" "open status=-1" \
	"is cut short" "damage 4980736 15990784"
ok "and what is before the cut is read" same_but "$work/one/case.E01" 4980736 15990784
cp "$work/whole/case.E01" "$work/one/short.E01"
truncate -s 13 "$work/one/short.E01"
"$dump" "$work/one/short.E01" >"$work/out"
has "a header and nothing else is EWF all the same, never raw" "$work/out" "image ewf short.E01" "open status=-2"

# Hostile bytes anywhere in the sections: an end without a crash, never a hang.
copy fuzz
seed=1
while [ $seed -le 20 ]; do
	cp "$work/whole/case.E01" "$work/fuzz/case.E01"
	patch "$work/fuzz/case.E01" $((13 + seed * 37 % 3000)) "\\$(printf %03o $((seed * 97 % 256)))"
	timeout 20 "$dump" "$work/fuzz/case.E01" >"$work/out" 2>&1
	status=$?
	[ $status -gt 100 ] && break
	seed=$((seed + 1))
done
is "twenty damaged headers are survived" "$seed" 21

is "nothing beside the evidence has changed" "$before" \
	"$(cd "$work" && find whole -type f -printf '%p %s %T@ %C@\n' | sort; sha256sum "$work"/whole/*)"

if [ -r "$shared/images/ext2.E01" ]; then
	"$dump" "$shared/images/ext2.E01" >"$work/out"
	expected=$(ewfinfo "$shared/images/ext2.E01" | sed -n 's/^[[:space:]]*MD5:[[:space:]]*//p')
	has "a set made by another tool" "$work/out" "open status=0" "stored.md5=$expected" "result=equal" \
		"volume evidence=E1 name=- scheme=none"
else
	skip "a set made by another tool" "no shared data"
fi
finish
