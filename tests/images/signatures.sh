#!/bin/sh
# Formats that are recognised and not read, made by their own tools where there are any.
# shellcheck source=tests/images/lib.sh
. "${TOP_SRCDIR:-.}/tests/images/lib.sh"
need mke2fs
cd "$work" || exit 99

recognised() {
	"$dump" --volumes "$1" | sed -n 's/^signature //p'
}

# made NAME TOOL SIZE COMMAND...: the command makes x.img.
made() {
	name=$1 tool=$2 size=$3
	shift 3
	if ! command -v "$tool" >/dev/null 2>&1; then
		skip "$name by $tool" "$tool is not installed"
		return
	fi
	rm -f x.img
	truncate -s "$size" x.img
	if ! "$@" >log 2>&1; then
		skip "$name by $tool" "$(head -1 log)"
		return
	fi
	is "$name by $tool" "$(recognised x.img)" "$name"
}

# magic NAME OFFSET BYTES [OFFSET BYTES]...: bytes at their places in zeros.
magic() {
	name=$1
	shift
	rm -f x.img
	truncate -s 4M x.img
	while [ $# -gt 1 ]; do
		patch x.img "$1" "$2"
		shift 2
	done
	is "$name by its magic" "$(recognised x.img)" "$name"
}

made btrfs mkfs.btrfs 128M mkfs.btrfs -q -f x.img
made luks2 cryptsetup 32M sh -c 'echo key | cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 x.img -'
made luks1 cryptsetup 32M sh -c 'echo key | cryptsetup luksFormat -q --type luks1 --pbkdf-force-iterations 1000 x.img -'
made "swap not needed" mkswap 4M mkswap x.img
mkdir tree
echo text >tree/file
made squashfs mksquashfs 0 sh -c 'rm x.img; mksquashfs tree x.img'
made ext-journal mke2fs 8M mke2fs -q -F -O journal_dev -b 4096 x.img
made f2fs mkfs.f2fs 64M mkfs.f2fs -q x.img
made none mke2fs 8M mke2fs -q -F -t ext4 x.img
made none mkfs.fat 8M mkfs.fat x.img
made none mkfs.ntfs 16M mkfs.ntfs -q -F -f x.img
made none xorriso 0 sh -c 'rm x.img; xorriso -as mkisofs -quiet -o x.img tree'
made udf mkudffs 16M mkudffs x.img

magic lvm2 512 'LABELONE\001' 536 'LVM2 001'
magic bitlocker 0 '\353\130\220-FVE-FS-'
magic md-raid 4096 '\374\116\053\251\001'
magic md-raid 0 '\374\116\053\251\001'
magic md-raid $((4194304 - 8192)) '\374\116\053\251\001' $((4194304 - 8192 + 72)) '\005'
magic md-raid $((4194304 - 65536)) '\374\116\053\251' $((4194304 - 65536 + 28)) '\005'
magic md-raid $((4194304 - 8192)) '\374\116\053\251\001' $((4194304 - 8192 + 72)) '\001'
magic zfs $((128 * 1024 + 4096)) '\014\261\272'
magic zfs $((128 * 1024)) '\000\000\000\000\000\272\261\014'
magic vmfs 1048576 '\015\320\001\300'
magic refs 3 'ReFS'
magic bcache 4120 '\306\205\163\366\116\032\105\312\202\145\365\177\110\272\155\201'
magic erofs 1024 '\342\341\365\340'
magic jfs 32768 JFS1
magic reiserfs 65588 ReIsEr2Fs
magic nilfs2 1024 '\002\000\000\000\000\000\064\064\030\001'
magic udf 32769 BEA01 34817 NSR03 36865 TEA01
magic none 32769 CD001 34817 BEA01 36865 NSR02
magic "hibernation not needed" 4086 S1SUSPEND
magic none 0 nothing

patch x.img 4086 SWAPSPACE2
is "what is not needed is left to the file systems" "$("$dump" --volumes x.img | grep -c recognised=)" 0

# What an earlier use of the disk left behind does not hide a file system.
truncate -s 8M stale.img
patch stale.img 65600 '_BHRfS_M'
patch stale.img 4086 SWAPSPACE2
mke2fs -q -F -t ext4 stale.img
patch stale.img 65600 '_BHRfS_M'
is "a left-over magic does not hide an ext4 file system" "$(recognised stale.img)" none
finish
