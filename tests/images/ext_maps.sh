#!/bin/sh
# Lists of blocks of ext files, of every form, held against the files they were made from; and broken ones.
# shellcheck disable=SC2154 # lib.sh sets work
. "${TOP_SRCDIR:?}/tests/images/lib.sh"
dump=${TOP_BUILDDIR:?}/tests/images/dump_filesystem
[ -x "$dump" ] || { echo '1..0 # SKIP built without libtsk'; exit 0; }
need mke2fs debugfs
pieces() {	# file count distance: a kilobyte, unlike all others, every so many bytes
	perl -e 'open my $f, ">", $ARGV[0] or die; for my $i (0 .. $ARGV[1] - 1) { seek $f, $i * $ARGV[2], 0;
		print $f pack("N", $i) x 256 }' "$@"
}
poke() {	# image offset hex
	perl -e 'print pack "H*", $ARGV[0]' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
mkdir -p "$work/src"; cd "$work/src" || exit 99
pieces level1 300 2048; pieces level2 3000 2048; pieces level3 30000 2048; pieces far 40 3000000
head -c 700000 /dev/urandom >dense; head -c 59 /dev/urandom >tiny; head -c 60 /dev/urandom >sixty
head -c 110 /dev/urandom >small; : >empty; truncate -s 900 hole; head -c 1100 /dev/urandom >block
mkdir folder; echo inside >folder/inside; mkdir folder/deeper; echo deep >folder/deeper/file
cd "$work" || exit 99
find src -type f -printf '/%P\n' | sort | while read -r file; do
	echo "$(sha256sum "src$file" | cut -d' ' -f1) 0 $file"; done >expected
as_made() { "$dump" -r "$1" >out 2>err; sed -n 's/^digest runs //p' out | sort -k3 | diff expected - ; }
lacks() { ! grep -E "$2" "$1"; }

make() {	# image size mke2fs option...
	image=$1 size=$2; shift 2
	mke2fs -q -F -E root_owner "$@" -d src "$image" "$size" >log 2>&1 && debugfs -w -R 'rmdir /lost+found' "$image" 2>/dev/null
}
made() { make "$@" || { cat log; return 1; }; as_made "$1"; }
ok 'extents of depth 3, 1 KiB blocks' made ext4.img 80M -t ext4 -b 1024
ok 'the tree is that deep' sh -c "debugfs -R 'ex /level3' ext4.img 2>/dev/null | grep -q '^ *3/ *3 '"
ok 'nothing is noted' lacks out '^note'
ok 'extents, 4 KiB blocks' made i.img 160M -t ext4 -b 4096
ok 'block numbers, 1 KiB blocks' made ext2.img 80M -t ext2 -b 1024
ok 'nothing is noted of block numbers' lacks out '^note'
ok 'block numbers, 4 KiB blocks, ext3' made i.img 160M -t ext3 -b 4096
ok 'meta block groups' made i.img 80M -t ext4 -b 1024 -g 1024 -O meta_bg,^resize_inode,^flex_bg
ok 'meta block groups with 64 bits' made i.img 80M -t ext4 -b 1024 -g 1024 -O 64bit,meta_bg,^resize_inode
ok 'clusters' made i.img 600M -t ext4 -b 1024 -O bigalloc -C 16384
copies() {	# image size block: the copy stands in for a lost superblock
	make "$1" "$2" -t ext4 -b "$3" && dd if=/dev/zero of="$1" bs=1024 seek=1 count=1 conv=notrunc 2>/dev/null &&
	as_made "$1" && grep -q '^note kind=FILESYSTEM_DAMAGED .*copy' out
}
ok 'the superblock is lost, 1 KiB blocks' copies i.img 80M 1024
ok 'the superblock is lost, 4 KiB blocks' copies i.img 160M 4096
ok 'content within inodes' made inline.img 80M -t ext4 -b 1024 -I 512 -O inline_data
ok 'content within inodes is there' sh -c "debugfs -R 'stat /small' inline.img 2>/dev/null | grep -q 'Size of inline data: 110\|Flags: 0x10000000'"

# Unwritten: allocated, with what was on the medium before; zeros for who reads.
head -c 200000 /dev/zero >expected.zero
debugfs -w ext4.img >log 2>&1 <<'COMMANDS'
write expected.zero unwritten
sif /unwritten size 0
punch /unwritten 0 400
fallocate /unwritten 3 190
sif /unwritten size 200000
COMMANDS
unwritten() {
	debugfs -R 'ex /unwritten' ext4.img 2>/dev/null | grep -q Uninit || { cat log; return 1; }
	block=$(debugfs -R 'blocks /unwritten' ext4.img 2>/dev/null | awk '{ print $1 }')
	poke ext4.img $((block * 1024)) deadbeef
	"$dump" -r ext4.img >out
	grep -q "^digest runs $(sha256sum expected.zero | cut -d' ' -f1) 0 /unwritten" out
}
ok 'unwritten extents are zeros' unwritten

# Broken maps: an end within seconds, a note, and the rest of the file system as before.

broken() {	# text file offset-in-inode hex pattern [image]
	cp "${6:-ext4.img}" b.img; at=$(debugfs -R "imap $2" b.img 2>/dev/null |
		perl -ne 'print $1 * 1024 + hex $2 if /located at block (\d+), offset 0x([0-9a-f]+)/')
	poke b.img $((at + $3)) "$4"
	timeout 60 "$dump" -r b.img >out; echo "exit $?" >>out
	ok "$1" sh -c "grep -q '^exit 0' out && grep -qE '$5' out && grep -q '^digest runs [0-9a-f]* 0 /dense' out ||
		{ grep -E '^(note|exit)|$2' out; false; }"
}
unread='^note kind=FILE_UNREADABLE .*at.path=/level3 '
partly='^note kind=FILE_DAMAGED .*at.path=/level3 '
broken 'a tree that is too deep' /level3 46 0900 "$unread"
broken 'a root without its magic' /level3 40 0000 "$unread"
broken 'more entries than fit' /level3 42 ffff "$unread"
broken 'a node behind the volume' /level3 56 ffffffff "$unread|$partly"
broken 'a node that is another kind of block' /level3 56 01000000 "$unread|$partly"
broken 'a size over every limit' /level3 108 ffffff7f "$unread"
broken 'block numbers behind the volume' /level3 40 ffffffff "$partly" ext2.img
broken 'a block of numbers that is the superblock' /level3 92 01000000 "$partly" ext2.img
double=$(perl -e 'print "02000000" x 15')
broken 'sixteen terabytes' /level3 108 ff0f0000 '^note kind=LIMIT_HIT .*at.path=/level3 ' ext2.img
broken 'every number the same' /level3 40 "$double" '^digest runs [0-9a-f]* -?[0-9] /level3|/level3 ' ext2.img
broken 'inline content longer than its inode' /small 4 ffffff00 '^note kind=FILE_UNREADABLE .*at.path=/small ' inline.img
finish
