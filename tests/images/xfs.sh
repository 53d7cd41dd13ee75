#!/bin/sh
# XFS in every form, made by the kernel where it mounts and by mkfs.xfs where not, and held against the kernel's own view
# of every name: type, mode, links, owner, size, four times, target, label, capabilities, digest. Then logs that
# were not unmounted against what a mount makes of them, what is deleted, and damage.
# Images are sparse and much is synchronised: in memory where there is room.
[ ! -w /dev/shm ] || [ "$(df -k --output=avail /dev/shm | tail -n 1)" -lt 2000000 ] || TMPDIR=/dev/shm
. "${TOP_SRCDIR:?}/tests/images/lib.sh"
need mkfs.xfs xfs_db xfs_io python3 mount setfattr
dump=${TOP_BUILDDIR:?}/tests/images/dump_filesystem
view=$TOP_SRCDIR/tests/images/xfs_view.py
tree=$TOP_SRCDIR/tests/images/xfs_tree.py
[ -x "$dump" ] || { echo '1..0 # SKIP this build is without libtsk'; exit 0; }
cd "$work" || exit 99
mkdir mnt
trap 'cd /; umount "$work/mnt" 2>/dev/null; rm -rf "$work"' EXIT

make() {	# IMAGE OPTION...
	rm -f "$1"
	# With large blocks the log is large, too.
	truncate -s 1200M "$1"
	image=$1
	shift
	mkfs.xfs -q -f "$@" "$image" 2>mkfs.out || { cat mkfs.out; return 1; }
	block=$(xfs_db -r -c 'sb 0' -c 'print blocksize' "$image" | awk '{ print $3 }')
}
hang() { mount -o loop,noatime "$1" mnt; }
# seen IMAGE: both views; a mount of it replays its log, so that this one is of a copy.
seen() {
	"$dump" -d "$1" >out
	python3 "$view" dumped out >ours
	cp --sparse=always "$1" copy.img
	hang copy.img || return 1
	python3 "$view" mounted mnt >theirs
	umount mnt
}
same() {
	[ "$(wc -l <theirs)" -ge "$1" ] || { echo "only $(wc -l <theirs) names"; return 1; }
	diff ours theirs | head -n 8 >differ
	[ ! -s differ ] || { cat differ; return 1; }
}
silent() { if grep -E '^note|^listed .* -' out; then return 1; fi; }
told() { grep -qE "$1" out || { grep -E '^note|^listed' out | head; return 1; }; }
place() { xfs_db -r -c "convert $2 $3 fsbyte" "$1" | sed 's/.*(\([0-9]*\)).*/\1/'; }
number() { grep -F "entry path=$1 " out | tr ' ' '\n' | sed -n 's/^node=//p'; }
first_block() { xfs_db -r -c "inode $2" -c "bmap ${3:-}" "$1" | sed -n '1s/.*startblock \([0-9]*\) .*/\1/p'; }
flip() {	# FILE OFFSET: a bit
	python3 - "$1" "$2" <<-'END'
		import sys
		with open(sys.argv[1], "r+b") as file:
		    file.seek(int(sys.argv[2])); byte = file.read(1)
		    file.seek(int(sys.argv[2])); file.write(bytes([byte[0] ^ 64]))
	END
}

# Without a mount, and version 4, which kernels no longer mount: a prototype, and what xfs_db tells.
mkdir -p plain/many plain/folder/below
python3 - <<'END'
import os
for number in range(4000):
    open(f"plain/many/a name of some length, {number:05d}".replace(" ", "_"), "wb").write(b"x" * (number % 3))
open("plain/long", "wb").write(os.urandom(300000))
open("plain/empty", "wb")
END
python3 "$view" prototype plain >prototype
# T1554TRIAGE_XFS_ALL=1: every combination; else those that share the least.
all=${T1554TRIAGE_XFS_ALL:-}
kinds_of() {	# the first lines of standard input, of all kinds all
	if [ -n "$all" ]; then cat; else head -n "$1"; fi
}
kinds_of 2 >kinds <<-'END'
	-b size=512 -n ftype=0 -i size=256
	-b size=65536 -n ftype=0 -i size=2048
	-b size=512
	-b size=1024 -n size=8192
	-b size=4096 -s size=4096
END
while read -r kind; do
	# shellcheck disable=SC2086 # a list
	ok "version 4, $kind: made" make v4.img -m crc=0 $kind -p prototype
	"$dump" -d v4.img >out
	for name in long empty; do
		xfs_db -x -c "inode $(number /$name)" -c 'attr_set -s -v 20 selinux' -c 'attr_set -u -v 900 filler' v4.img >/dev/null
	done
	"$dump" -d v4.img >out
	python3 "$view" dumped out >ours
	python3 "$view" placed plain >theirs
	awk -F '\t' -v OFS='\t' '{ print $1, $2, $3, $5, $6, $2 ~ /regular/ ? $7 OFS $12 OFS $16 OFS $17 : "" }' ours >ours.cut
	ok "version 4, $kind: every name" diff ours.cut theirs
	ok "version 4, $kind: a label" told '^entry path=/long .* selinux=vvvvvvvvvvvvvvvvvvvv'
	xfs_db -r -c "inode $(number /long)" -c 'print core.mtime core.ctime' v4.img >told
	seconds=$(grep -F 'entry path=/long ' out | tr ' ' '\n' | sed -n 's/^modified=//p')
	is "version 4, $kind: its time" "$(date -u -d "$seconds" +%s.%N)" \
		"$(date -u -d "$(sed -n 's/core.mtime.sec = //p' told) UTC" +%s).$(printf %09d "$(sed -n 's/core.mtime.nsec = //p' told)")"
done <kinds

T1554TRIAGE_DATA=$TOP_SRCDIR "$TOP_BUILDDIR/t1554triage" v4.img -o run >run.out 2>&1
ok 'the whole program reads it' grep -q 'filesystem="xfs"' run/report.xml
ok 'and passes nothing over' sh -c '! grep filesystem_unsupported run/notes.jsonl'

if ! make trial.img || ! hang trial.img 2>/dev/null; then
	skip 'as the kernel sees it' 'XFS cannot be mounted here'
	finish
fi
umount mnt
few=
kinds_of 3 >kinds <<-'END'
	-b size=1024 -n size=65536 -i size=512,nrext64=1 -m bigtime=0
	-b size=4096 -m rmapbt=1 -n size=8192
	-b size=65536
	-b size=2048 -i size=1024,sparse=0 -m finobt=0,inobtcount=0,reflink=0
	-b size=4096 -s size=4096 -l size=64m
END
for size in ${all:+1024 2048 4096 16384 65536}; do
	# mkfs.xfs makes no smaller blocks of folders than these.
	least=$size
	[ "$least" -ge 4096 ] || least=4096
	for folders in $(printf '%s\n' "$least" 65536 | sort -u); do
		for features in '' '-m bigtime=0' '-i nrext64=1' '-m reflink=0' '-m rmapbt=1' '-m bigtime=0,rmapbt=1 -i nrext64=1'; do
			[ "$size $folders $features" = '65536 65536 ' ] || echo "-b size=$size -n size=$folders $features" >>kinds
		done
	done
done
while read -r kind; do
	# shellcheck disable=SC2086 # a list
	make i.img $kind || { ok "$kind: made" false; continue; }
	hang i.img
	ok "$kind: filled" python3 "$tree" mnt "$block" $few
	umount mnt
	seen i.img
	ok "$kind: every name as the kernel sees it" same 300
	ok "$kind: nothing to note" silent
	few=few
done <kinds

# Logs: what was changed since the last time it was written to its place.
churn() {	# IMAGE BLOCK: leaves it as a system that stopped
	hang "$1"
	mkdir mnt/first mnt/second
	python3 "$tree" mnt/first "$2" few
	sync -f mnt
	python3 "$tree" mnt/second "$2" few
	rm -rf mnt/first/leaves mnt/first/contents
	mkdir mnt/third
	python3 "$tree" mnt/third "$2" few
	mv mnt/third/attributes mnt/moved
	setfattr -x 'user.number 3' mnt/moved/leaf
	rm -rf 'mnt/third/one block'
	head -c 5000 "$TOP_SRCDIR/src/filesystem/xfs_log.c" >mnt/open
	chmod 600 mnt/open
	sync -f mnt
	exec 9<mnt/open
	rm mnt/open
	xfs_io -x -c "shutdown $3" mnt
	exec 9<&-
	umount mnt
}
kinds_of 1 >kinds <<-'END'
	-b size=1024 -m bigtime=0,rmapbt=1 -l su=32k
	-b size=4096
	-b size=16384 -i nrext64=1
END
while read -r kind; do
	# shellcheck disable=SC2086 # a list
	make d.img $kind
	churn d.img "$block" -f
	seen d.img
	ok "log, $kind: every name as a mount leaves it" same 300
	ok "log, $kind: it is told" told '^note kind=JOURNAL_REPLAYED .*transactions'
	ok "log, $kind: all of it" sh -c '! grep JOURNAL_UNREPLAYED out'
	ok "log, $kind: what was deleted while it was open" told '^entry path=/.OrphanFiles/.*state=orphan content_state=intact size=5000 mode=600 modified='
	ok "log, $kind: its content" told "^digest runs $(head -c 5000 "$TOP_SRCDIR/src/filesystem/xfs_log.c" | sha256sum | cut -d' ' -f1) 0 /.OrphanFiles/"
done <kinds
make d.img
churn d.img "$block" ''
seen d.img
ok 'log, lost with what was not yet written: as a mount leaves it' same 1
make d.img
churn d.img "$block" -f
log=$(place d.img fsblock "$(xfs_db -r -c 'sb 0' -c 'print logstart' d.img | awk '{ print $3 }')")
cp --sparse=always d.img bad.img
flip bad.img $((log + 2 * 512 + 600))
"$dump" bad.img >out
ok 'log, a record that fails: it is told' told '^note kind=JOURNAL_UNREPLAYED .*checksum'
last=$(xfs_logprint -t d.img 2>/dev/null | sed -n 's/.*head: \([0-9]*\).*/\1/p')
cp --sparse=always d.img torn.img
flip torn.img $((log + last * 512 - 100))
seen torn.img
ok 'log, torn at its end: every name as a mount leaves it' same 100

# Deleted: what stands in freed inodes and in directory blocks.
make i.img -b size=1024 && hang i.img
python3 "$tree" mnt 1024 few
head -c 5000 "$TOP_SRCDIR/src/filesystem/xfs_log.c" >mnt/gone
mkdir mnt/names
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo "$i" >"mnt/names/a longer name so that it needs a block $i"; done
umount mnt
hang i.img
rm mnt/gone "mnt/names/a longer name so that it needs a block 4"
umount mnt
"$dump" -d i.img >out
{ head -c 5000 "$TOP_SRCDIR/src/filesystem/xfs_log.c"; head -c 120 /dev/zero; } >expected
ok 'deleted content, up to the end of its block' told "^digest runs $(sha256sum <expected | cut -d' ' -f1) 0 /.OrphanFiles/"
ok 'a deleted name' told '^entry path=/names/a%20longer%20name%20so%20that%20it%20needs%20a%20block%204 .*state=deleted content_state=intact'

# Damage
"$dump" -d i.img >whole
cp whole out
names() { grep -c '^entry .*state=allocated' "$1"; }
file=$(number /contents/long) folder=$(number /leaves) attribute=$(number /attributes/node) link=$(number /others/long%20link)
map=$(number /contents/tree)
damage() {	# TEXT OFFSET PATTERN
	cp --sparse=always i.img bad.img
	flip bad.img "$2"
	"$dump" -d bad.img >out
	ok "damage, $1: told" told "$3"
	is "damage, $1: every name" "$(names out)" "$(names whole)"
}
damage 'an inode' $(($(place i.img inode "$file") + 9)) '^note kind=FILE_DAMAGED .*at.path=/contents/long.*checksum'
ok 'damage, an inode: its content is marked' told '^digest runs .* -1 /contents/long'
damage 'an inode of another number' $(($(place i.img inode "$file") + 159)) '^note kind=FILE_DAMAGED .*at.path=/contents/long'
damage 'a directory block' $(($(place i.img fsblock "$(first_block i.img "$folder")") + 20)) '^note kind=DIRECTORY_UNREADABLE .*at.path=/leaves.*checksum'
ok 'damage, a directory block: absence says nothing' told '^listed /leaves -1'
damage 'a list of attributes' $(($(place i.img fsblock "$(first_block i.img "$attribute" -a)") + 70)) '^note kind=FILE_DAMAGED .*at.path=/attributes/node'
damage 'the target of a link' $(($(place i.img fsblock "$(first_block i.img "$link")") + 70)) '^note kind=FILE_DAMAGED .*at.path=/others/long'
tree_block=$(xfs_db -r -c "inode $map" -c 'print u3.bmbt.ptrs[1]' i.img | sed 's/.*= //')
damage 'a tree of extents' $(($(place i.img fsblock "$tree_block") + 30)) '^digest runs .* -1 /contents/tree'
damage 'a list of inodes' $((2 * 512 + 17)) '^note kind=DELETED_ITEM .*list%20of%20inodes%20is%20broken'
damage 'the superblock' 90 '^note kind=FILESYSTEM_DAMAGED .*copy'
cp --sparse=always i.img bad.img
dd if=/dev/zero of=bad.img bs=512 count=1 conv=notrunc status=none
"$dump" -d bad.img >out
is 'damage, no superblock: every entry by the copy' "$(grep '^entry' out | sort | cksum)" "$(grep '^entry' whole | sort | cksum)"
cp --sparse=always i.img bad.img
truncate -s 200M bad.img
"$dump" bad.img >out
ok 'damage, cut: told' told '^note kind=FILESYSTEM_DAMAGED .*the%20volume%20ends%20after'
"$dump" -D "$(place i.img inode "$file"),512" i.img >out
ok 'damage of the medium in an inode' told '^note kind=FILE_UNREADABLE .*at.path=/contents/long.*damaged%20range'

# What lies behind right checksums
truncate -s 48M small.img
mkfs.xfs --unsupported -q -f -b size=1024 small.img 2>/dev/null
hang small.img
python3 "$tree" mnt 1024 few
rm -rf mnt/leaves
xfs_io -x -c 'shutdown -f' mnt
umount mnt
ok 'hostile volumes' "${TOP_BUILDDIR:?}/tests/fuzz/fuzz_xfs" "${FUZZ_SECONDS:-2}" small.img

# A real-time section and a log of its own are other devices.
truncate -s 64M rt.img log.img
make i.img -r rtdev=rt.img -l logdev=log.img,size=64m
"$dump" i.img >out
ok 'a log on another device is named' told '^note kind=JOURNAL_UNREPLAYED .*another%20device'
ok 'a real-time section is named' told '^note kind=FILESYSTEM_UNSUPPORTED .*real-time'
finish
