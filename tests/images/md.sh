#!/bin/sh
# Linux software RAID: all levels, layouts and versions of metadata, whole and degraded, held against the contents
# that were put there, against GRUB's reader and mdadm's view of the superblocks.
# shellcheck source=tests/images/lib.sh
. "${TOP_SRCDIR:-.}/tests/images/lib.sh"
need python3 mke2fs
stack=$(cd "${TOP_SRCDIR:-.}" && pwd)/tests/images/stack.py
dump=$(cd "${TOP_BUILDDIR:-.}" && pwd)/tests/images/dump_stack
fuzz=$(cd "${TOP_BUILDDIR:-.}" && pwd)/tests/fuzz/fuzz_stack
cd "$work" || exit 99
mkdir tree
noise 5 1500000 >tree/big
mke2fs -q -F -t ext4 -b 1024 -d tree fs 4M 2>/dev/null
bytes=$(stat -c %s fs)
sum=$(sha256sum <fs)

read_array() {	# IMAGE...: digest of as many bytes as the content has
	name=$("$dump" "$@" 2>notes | awk '{ print $3; exit }')
	"$dump" -x "$name" "$@" 2>/dev/null | head -c "$bytes" | sha256sum
}
status_of() {
	"$dump" "$@" 2>notes | awk '{ print $5, $6; exit }'
}
level() {	# VERSION LEVEL LAYOUT CHUNK
	rm -f a b c d
	python3 "$stack" md "$1" "$2" "$3" "$4" fs a b c d
}

for version in 0.90 1.0 1.1 1.2; do
	shapes='linear:0 0:0 1:0 5:2'
	[ $version != 1.2 ] || shapes="$shapes 4:0 5:0 5:1 5:3 5:4 5:5 6:0 6:1 6:2 6:3 6:8 6:9 6:10 10:258 10:513 10:66049"
	for shape in $shapes; do
		level=${shape%:*} layout=${shape#*:}
		level $version "$level" "$layout" 65536
		is "$version level $level layout $layout" "$(read_array a b c d)" "$sum"
		is "$version level $level layout $layout: nothing is noted" "$(cat notes)" ""
		if command -v mdadm >/dev/null; then
			is "$version level $level layout $layout: mdadm accepts the superblock" \
				"$(mdadm -E b 2>/dev/null | grep -c 'Checksum : .* correct')" 1
		fi
		[ "$version" = 1.2 ] && command -v grub-fstest >/dev/null && case $shape in 0:0|1:0|5:[0-3]|6:[0-3]|10:*)
			disk=$(grub-fstest -c 4 "$work/a" "$work/b" "$work/c" "$work/d" ls 2>/dev/null | tr ' ' '\n' | grep -o 'md[^)]*' | head -n 1)
			got=$(grub-fstest -c 4 "$work/a" "$work/b" "$work/c" "$work/d" cat "($disk)/big" 2>/dev/null | sha256sum)
			is "level $level layout $layout: GRUB reads the same" "$got" "$(sha256sum <tree/big)" ;;
		esac
		# One member is missing, or two.
		case $level in
		1|4|5|6|10)
			is "$version level $level layout $layout without the third" "$(read_array a b d)" "$sum"
			is "and nothing is damaged" "$(status_of a b d)" "0 0"
			has "but said" notes "member 2 of md0 (md) is not in the evidence" ;;
		*)
			is "$version level $level without the third: no volume" "$("$dump" a b d 2>notes)" ""
			has "which is said" notes "it would need all of its members" ;;
		esac
	done
done
level 1.2 5 2 65536
is "RAID 5 without two: half of it is damaged" "$(status_of a b | cut -d' ' -f1)" -1
has "which is said" notes "lie, in whole or in part, on members that are not in the evidence"
level 1.2 1 0 0
is "one of four mirrors" "$(read_array c)" "$sum"

# RAID 0 over members of unequal size: zones, as old kernels counted them and as new ones do.
for layout in 1 2; do
	rm -f a b c
	python3 "$stack" md 1.2 0 $layout 65536 fs a b c sizes=1048576,3145728,2162688 feature=4096
	is "zones, layout $layout" "$(read_array a b c)" "$sum"
done
rm -f a b c
python3 "$stack" md 1.2 linear 0 0 fs a b c sizes=1048576,3145728,2162688
is "linear over unequal members" "$(read_array a b c)" "$sum"

# Members that do not belong to it any more.
level 1.2 1 0 0
python3 "$stack" md-set a events=3
patch a 1500000 'old'
is "a member that is older is left out" "$(read_array a b c d)" "$sum"
has "and named" notes "volume - is a member of md0 (md) and is left out: it is older than the others"
level 1.2 1 0 0
python3 "$stack" md-set a events=6
is "one event behind is of the array" "$(read_array a b c d)" "$sum"
is "without a note" "$(cat notes)" ""
level 1.2 5 2 65536
rm -f s
python3 "$stack" md 1.2 5 2 65536 fs s of=4 slot=0 role=0xffff
is "a spare beside a whole array" "$(read_array a b c d s)" "$sum"
has "is named" notes "left out: it is a spare"
python3 "$stack" md-set a feature=2
is "a member that was being rebuilt" "$(read_array a b c d)" "$sum"
has "is left out" notes "it was being rebuilt"
level 1.2 5 2 65536
for image in a b c d; do python3 "$stack" md-set $image feature=4; done
is "a change of shape that was going on is not read" "$("$dump" a b c d 2>notes)" ""
has "and named" notes "the end of the change of its shape"
for image in a b c d; do python3 "$stack" md-set $image feature=8; done
read_array a b c d >/dev/null
has "bad blocks are named" notes "blocks of this member are bad"
for change in level=77 members=0 members=4000000000 chunk=0 chunk=4294967295 size=0 size=18446744073709551615 \
	data=18446744073709551615 data_size=18446744073709551615 layout=99 level=10 level=6 level=0; do
	level 1.2 5 2 65536
	for image in a b c d; do python3 "$stack" md-set $image $change; done
	timeout 20 "$dump" a b c d >out 2>notes
	is "$change: an end" $? 0
done
level 1.2 1 0 0
patch a 4200 'X'
is "a superblock without its checksum" "$(read_array a b c d)" "$sum"
has "is said" notes "does not have its checksum: the volume is taken for no member"
cp b copy
is "a copy of a member" "$(read_array b c copy)" "$sum"
has "is named" notes "there more than once"

# An array on whole disks with partitions in it, and one in a logical volume's stead.
if command -v sfdisk >/dev/null; then
	truncate -s 8M parts
	printf 'label: gpt\nstart=2048, size=8192\n' | sfdisk -q parts
	dd if=fs of=parts bs=1M seek=1 conv=notrunc status=none
	for version in 0.90 1.0; do
		rm -f a b
		python3 "$stack" md $version 1 0 0 parts a b
		is "$version: partitions of an array are not those of its members" "$("$dump" a b 2>/dev/null | awk '{ print $3, $5 }')" "-/md0 0"
	done
else
	skip "partitions of an array are not those of its members" "sfdisk is not installed"
fi
python3 "$stack" lvm-plan vg 1048576 2 root="$bytes" >text
python3 "$stack" lvm text pv0=p pv1=q
python3 "$stack" lvm-fill p q -- root=fs
rm -f a b c
python3 "$stack" md 1.2 5 2 65536 p a b c name=host:inner
is "a volume group on an array and a disk" "$("$dump" -x -/inner/vg/root a c q 2>notes | sha256sum)" "$sum"
is "its name" "$("$dump" a c q 2>notes | awk '{ print $3 }' | tr '\n' ' ')" "-/inner -/inner/vg/root "
# Changed members with right checksums: no run ends badly.
rm -f a b c
python3 "$stack" md 1.2 5 2 65536 fs a b c
ok "changed members" "$fuzz" "${FUZZ_RUNS:-60}" a b c
finish
