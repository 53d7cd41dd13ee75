#!/bin/sh
# Which operands belong together, and what is told of those that are no evidence.
# shellcheck source=tests/images/lib.sh
. "${TOP_SRCDIR:-.}/tests/images/lib.sh"
need openssl tar gzip
cd "$work" || exit 99
noise 1 1000000 >medium
raw_md5=$(sha256sum <medium | cut -d' ' -f1)

# refused TEXT STATUS PATTERN OPERAND...
refused() {
	text=$1 expected=$2 pattern=$3
	shift 3
	timeout 20 "$dump" "$@" >out 2>&1
	has "$text" out "refused $expected " "$pattern"
}

split -b 300000 -d -a 3 --numeric-suffixes=1 medium disk.
"$dump" disk.003 >out
has "split raw by any part" out "exhibit E1 image raw disk.003" "segment disk.001 there" \
	"segment disk.004 there" "size 1000000" "computed.sha256=$raw_md5"
mkdir zero letters gap
split -b 300000 -d -a 3 medium zero/disk.
"$dump" zero/disk.000 >out
has "split raw that begins at 000" out "segment disk.003 there" "computed.sha256=$raw_md5"
split -b 300000 -a 2 medium letters/disk.
"$dump" letters/disk.ab >out
has "split raw with letters" out "segment disk.aa there" "segment disk.ad there" "computed.sha256=$raw_md5"
cp medium letters/disk.dd
"$dump" letters/disk.dd >out
has "disk.dd beside them is no part of the set" out "size 1000000" "segment disk.dd there"
cp disk.00? gap
rm gap/disk.002
"$dump" gap/disk.001 >out
has "a gap is a segment that is missing" out "segment disk.002 missing" "open status=-1" \
	"note image_incomplete offset=300000 length=300000" "disk.002 is not there" "damage 300000 300000"
"$dump" --bytes gap/disk.001 >read
cp medium expected
head -c 300000 /dev/zero | dd of=expected bs=1000 seek=300 conv=notrunc status=none
ok "zeros in the gap, the rest in its place" cmp read expected
"$dump" --twice 299990 20 gap/disk.001 >out
is "a read into the gap is damaged, each time" "$(grep -c 'status=-1 length=20 touched=yes' out)" 2
rm gap/disk.001
"$dump" gap/disk.003 >out
has "a missing first part" out "segment disk.001 missing" "segment disk.002 missing" "damage 0 600000"
"$dump" medium disk.001 letters/disk.aa >out
is "different names are different exhibits" "$(grep -c ^exhibit out)" 3
ln -s medium link
"$dump" link medium >out
is "a link to the same file is the same exhibit" "$(grep -c ^exhibit out)" 1

# After E99 comes EAA, after EZZ FAA: the order, and a gap among them
mkdir many
for name in $(seq -f %02g 1 99) AA AB AD; do
	printf 'EVF\011\015\012\377\000\001\001\000\000\000' >"many/case.E$name"
done
"$dump" many/case.EAB >out
is "more than 99 segments" "$(grep ^segment out | tail -5)" "segment case.E99 there
segment case.EAA there
segment case.EAB there
segment case.EAC missing
segment case.EAD there"
mkdir lower
printf 'EVF\011\015\012\377\000\001\001\000\000\000' | tee lower/a.e02 lower/a.E01 >lower/a.e01
"$dump" lower/a.e02 >out
is "letters keep their case" "$(grep ^segment out)" "segment a.e01 there
segment a.e02 there"

mkdir tree tree/etc
echo root >tree/etc/passwd
tar cf tree.tar tree
tar czf tree.tgz tree
tar cJf tree.tar.xz tree
"$dump" tree tree.tar tree.tgz tree.tar.xz tree/ >out
is "folders and archives" "$(grep ^exhibit out)" "exhibit E1 folder folder tree
exhibit E2 archive archive tree.tar
exhibit E3 archive archive tree.tgz
exhibit E4 archive archive tree.tar.xz"
printf 'PK\003\004\024\000\000\000' >a.zip
"$dump" a.zip >out
has "a zip by its magic" out "exhibit E1 archive archive a.zip"

: >empty
refused "an empty file" 65 "it is empty" empty
gzip -k medium
refused "a compressed image" 65 "a gzip-compressed file; unpack it" medium.gz
printf 'AFF10\r\n\000' >image.aff
refused "AFF" 65 "(AFF)" image.aff
printf 'LVF\011\015\012\377\000\001\001\000\000\000' >image.L01
refused "L01" 65 "a logical evidence file (L01); export the files" image.L01
printf '%%PDF-1.7\n' >report.pdf
refused "a PDF document" 65 "a PDF document" report.pdf
refused "a device that is no disk" 65 "no regular file, block device or folder" /dev/null
mkfifo pipe
refused "a pipe does not hang" 65 "no regular file, block device or folder" pipe
refused "no such file" 66 "No such file or directory" nowhere.E01
refused "one that cannot be opened stops all" 66 "nowhere" medium nowhere
is "and opens none" "$(grep -c ^exhibit out)" 0
refused "bytes of a name do not reach the terminal" 66 'evil\x1B' "$(printf 'evil\033[31m')"

if [ -d "$shared/images" ]; then
	"$dump" "$shared/images/hfsplus.raw" >out
	has "a real raw image" out "exhibit E1 image raw hfsplus.raw" "verify status=0"
else
	skip "real images" "no shared data"
fi
finish
