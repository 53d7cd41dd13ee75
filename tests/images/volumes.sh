#!/bin/sh
# Partition tables made by sfdisk and sgdisk, held against sfdisk --json and mmls.
# shellcheck source=tests/images/lib.sh
. "${TOP_SRCDIR:-.}/tests/images/lib.sh"
need sfdisk sgdisk jq
cd "$work" || exit 99

# name start length uuid (lower case) of each volume
ours() {
	"$dump" --volumes "$1" >out
	sed -n 's/^volume //p' out | awk '{
		name = start = len = uuid = ""
		for (i = 1; i <= NF; i++) {
			split($i, f, "=")
			if (f[1] == "name") name = f[2]
			if (f[1] == "start") start = f[2]
			if (f[1] == "length") len = f[2]
			if (f[1] == "part_uuid") uuid = f[2]
		}
		print name, start + 0, len, uuid }'
}

theirs() {
	sfdisk --json "$1" | jq -r --arg image "$1" '.partitiontable as $t | ($t.sectorsize // 512) as $s |
		$t.partitions[] | select(.type | IN("5", "f", "85") | not) |
		"\(.node | ltrimstr($image) | ltrimstr("p") | "p" + .) \(.start * $s) \(.size * $s) " +
		(.uuid // ($t.id | ltrimstr("0x")) + "-" + (.node | ltrimstr($image) | ltrimstr("p") | ("0" + .)[-2:]) | ascii_downcase)'
}

truncate -s 64M gpt.img
printf 'label: gpt\nstart=2048, size=8192, type=uefi, name="EFI system"\nstart=10240, size=40960, type=linux, name="root"\nstart=51200, size=20000, type=swap\n' |
	sfdisk -q gpt.img
is "GPT as sfdisk reads it" "$(ours gpt.img)" "$(theirs gpt.img)"
has "types and labels of a GPT" out "type=EFI%20system" "label=root" "label=EFI%20system" "type=Linux%20swap" "scheme=gpt"
sgdisk -d 1 gpt.img >log
is "an empty slot keeps its number" "$(ours gpt.img | head -1 | cut -d' ' -f1)" p2
sgdisk -h 2:3 gpt.img >log
is "a hybrid MBR gives no volume twice" "$(ours gpt.img)" "$(theirs gpt.img)"

truncate -s 64M copy.img
printf 'label: gpt\nsize=8192\nsize=8192\n' | sfdisk -q copy.img
expected=$(theirs copy.img)
patch copy.img 560 '\377'
is "a damaged first table: the copy at the end" "$(ours copy.img)" "$expected"
has "which is said" out "note volume_damaged" "its copy at the end is used" "volumes status=-1"
patch copy.img 1100 '\377'
is "damaged entries too" "$(ours copy.img)" "$expected"
patch copy.img $((64 * 1024 * 1024 - 512 + 48)) '\377'
ours copy.img >got
has "both damaged" out "neither it nor its copy" "volumes status=-2"
is "no volume is made up" "$(cat got)" ""

# One byte of what announces the table, the copy that is not needed, and a medium that ends too early
truncate -s 64M part.img
printf 'label: gpt\nsize=8192\nsize=8192\n' | sfdisk -q part.img
expected=$(theirs part.img)
cp part.img type.img
patch type.img 450 '\007'
is "an announcement of another type: the table is used" "$(ours type.img)" "$expected"
has "and that is said" out "note volume_copy" "does not announce" "volumes status=0"
cp part.img behind.img
patch behind.img $((64 * 1024 * 1024 - 512 + 48)) '\377'
is "a damaged copy: the table is used" "$(ours behind.img)" "$expected"
has "and the copy is named" out "note volume_copy" "the copy of the GPT at the end of the medium is damaged" "volumes status=0"
cp part.img ends.img
truncate -s 40M ends.img
is "a medium cut behind its partitions" "$(ours ends.img)" "$expected"
has "is told by where the copy should be" out "note volume_damaged" "the image is cut short" "volumes status=-1"

truncate -s 64M dos.img
printf 'label: dos\nlabel-id: 0x1a2b3c4d\n1: start=2048, size=8192, type=83\n3: start=10240, size=8192, type=82\n4: start=20480, size=100000, type=5\n5: start=22528, size=8192, type=83\n6: start=32768, size=8192, type=7\n7: start=43008, size=4096, type=8e\n' |
	sfdisk -q dos.img
is "DOS table with logical partitions as sfdisk reads it" "$(ours dos.img)" "$(theirs dos.img)"
is "numbers follow the kernel" "$(ours dos.img | cut -d' ' -f1 | tr '\n' ' ')" "p1 p3 p5 p6 p7 "
has "signature and number are the PARTUUID" out "part_uuid=1a2b3c4d-05" "type=Linux%20LVM" "type=NTFS%20or%20exFAT"
if command -v mmls >/dev/null; then
	is "mmls sees the same ranges" "$(ours dos.img | awk '{ print $2 / 512, $3 / 512 }' | sort -n)" \
		"$(mmls -a dos.img | awk '$1 ~ /^[0-9]+:/ && $2 !~ /Meta/ { print $3 + 0, $5 + 0 }' | sort -n)"
else
	skip "mmls sees the same ranges" "mmls is not installed"
fi
# The second link names the first as its next: an end, and a note.
cp dos.img loop.img
link=$((20480 + $(od -An -tu4 -j $((20480 * 512 + 446 + 16 + 8)) -N4 loop.img | tr -d ' ')))
patch loop.img $((link * 512 + 446 + 16 + 4)) '\005'
patch loop.img $((link * 512 + 446 + 16 + 8)) '\000\000\000\000\001\000\000\000'
timeout 20 "$dump" --volumes loop.img >out
has "a chain that leads back ends with a note" out "leads back to an earlier link" "volumes status=-1"
is "and gives each partition once" "$(grep -c '^volume ' out)" 4
cp dos.img cutlink.img
patch cutlink.img $((link * 512 + 510)) '\000\000'
ours cutlink.img >got
has "a chain that breaks says so" out "the chain of logical partitions cannot be read"
for place in 450 498; do
	cp dos.img untyped.img
	patch untyped.img $place '\000'
	ours untyped.img >got
	has "the entry at $place without a type" out "note volume_damaged" "and no type" "volumes status=-1"
done
cp dos.img short.img
truncate -s 12M short.img
ours short.img >got
has "a medium that is too short" out "note volume_damaged" "of which the medium holds 1048576"
is "partitions are cut at its end" "$(sed -n 's/^volume.*name=p5.*length=\([0-9]*\).*/\1/p' out)" "$((12 * 1024 * 1024 - 22528 * 512))"
truncate -s 4M short.img
ours short.img >got
has "a partition behind its end is told, not made up" out "partition p3 begins at byte 5242880, behind the end"
is "and not handed out" "$(cut -d' ' -f1 got)" p1

# File systems without a table, whose first sector ends in 55 aa
if command -v mkfs.fat >/dev/null; then
	for bits in 12 16 32; do
		rm -f fat.img
		mkfs.fat -F $bits -C fat.img 40000 >log 2>&1
		is "FAT$bits without a table is one volume" "$(ours fat.img)" "- 0 40960000 "
	done
else
	skip "FAT without a table is one volume" "mkfs.fat is not installed"
fi
if command -v mkfs.ntfs >/dev/null; then
	truncate -s 16M ntfs.img
	mkfs.ntfs -q -F -f ntfs.img >log 2>&1
	is "NTFS without a table is one volume" "$(ours ntfs.img)" "- 0 16777216 "
else
	skip "NTFS without a table is one volume" "mkfs.ntfs is not installed"
fi
truncate -s 1M zero.img
is "zeros are one volume" "$(ours zero.img)" "- 0 1048576 "

# Sectors of 4096 bytes: a header in the second of them, as on a disk of that kind
truncate -s 64M big.img
python3 - big.img <<'PYTHON' 2>log || echo "# python3 is missing" >big.skip
import struct, sys, zlib
size, s = 64 << 20, 4096
entry = bytes.fromhex("af3dc60f838472478e793d69d8477de4") + bytes(range(16)) + struct.pack("<QQQ", 256, 511, 0) + "data".encode("utf-16le").ljust(72, b"\0")
entries = entry.ljust(128 * 128, b"\0")
def header(own, other, at):
    h = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, own, other, 6, size // s - 6, bytes(16), at, 128, 128, zlib.crc32(entries))
    return h[:16] + struct.pack("<I", zlib.crc32(h)) + h[20:]
with open(sys.argv[1], "r+b") as f:
    f.seek(446); f.write(b"\0\0\2\0\xee\xff\xff\xff" + struct.pack("<II", 1, size // s - 1)); f.seek(510); f.write(b"\x55\xaa")
    f.seek(s); f.write(header(1, size // s - 1, 2)); f.seek(2 * s); f.write(entries)
PYTHON
if [ -e big.skip ]; then
	skip "GPT with sectors of 4096 bytes" "python3 is not installed"
else
	is "GPT with sectors of 4096 bytes" "$(ours big.img)" "p1 1048576 1048576 03020100-0504-0706-0809-0a0b0c0d0e0f"
fi

if command -v mmls >/dev/null; then
	truncate -s 64M sun.img
	printf 'label: sun\nstart=0, size=16065, type=2\nstart=16065, size=16065, type=83\n' | sfdisk -q sun.img >log 2>&1
	is "a Sun label as mmls reads it" "$(ours sun.img | awk '{ print $2 / 512, $3 / 512 }')" \
		"$(mmls -t sun -a sun.img | awk '$1 ~ /^[0-9]+:/ && $2 !~ /Meta|:02$/ { print $3 + 0, $5 + 0 }')"
else
	skip "a Sun label as mmls reads it" "mmls is not installed"
fi
if command -v parted >/dev/null; then
	truncate -s 64M mac.img
	parted -s mac.img mklabel mac mkpart first hfs 1MiB 10MiB mkpart second hfs 10MiB 20MiB >log 2>&1
	is "an Apple map" "$(ours mac.img | tail -2)" "p2 1048576 9437184 
p3 10485760 10485760 "
else
	skip "an Apple map" "parted is not installed"
fi
# The label of a BSD disk lies in its second sector: magic, count, and at 148 size, start, ..., type
truncate -s 8M bsd.img
patch bsd.img 512 '\127\105\126\202'
patch bsd.img $((512 + 132)) '\127\105\126\202\000\000\003\000'
patch bsd.img $((512 + 148)) '\000\040\000\000\000\010\000\000\000\000\000\000\007'
patch bsd.img $((512 + 148 + 32)) '\000\100\000\000\000\000\000\000\000\000\000\000\000'
if command -v mmls >/dev/null; then
	is "a BSD label" "$(ours bsd.img)" "p1 1048576 4194304 "
else
	skip "a BSD label" "mmls is not installed"
fi

before=$(sha256sum ./*.img)
for image in ./*.img; do
	"$dump" --volumes "$image" >out
done
is "reading changes no image" "$(sha256sum ./*.img)" "$before"
finish
