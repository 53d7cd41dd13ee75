#!/bin/sh
# NTFS made by ntfs-3g: streams, times, compression, holes, encryption, reparse points; then a triage of it.
. "${TOP_SRCDIR:?}/tests/images/lib.sh"
dump=${TOP_BUILDDIR:?}/tests/images/dump_filesystem
need mkntfs ntfs-3g fusermount setfattr istat ifind fls perl sha256sum
[ -x "$dump" ] || { echo '1..0 # SKIP this build is without libtsk'; exit 0; }
cd "$work" || exit 99
mkdir mnt
trap 'fusermount -u "$work/mnt" 2>/dev/null; rm -rf "$work"' EXIT
truncate -s 48M ntfs.img
mkntfs -F -Q -q -L lab ntfs.img >/dev/null 2>&1
if ! ntfs-3g -o streams_interface=windows,compression ntfs.img mnt 2>why; then
	echo "1..0 # SKIP ntfs-3g cannot mount an image here: $(head -n 1 why)"
	exit 0
fi

# reparse FILE TAG DATA: the number and the data in hexadecimal as they lie on the volume.
reparse() {
	setfattr -h -n system.ntfs_reparse_data \
		-v "0x$2$(printf '%02x%02x0000' $((${#3} / 2 % 256)) $((${#3} / 512)))$3" "$1"
}
hex() { od -An -v -tx1 | tr -d ' \n'; }
wide() { printf %s "$1" | perl -pe 's/(.)/$1\0/g' | hex; }
program() { cat /bin/true; noise "$1" 30000; }

cd mnt || exit 99
mkdir -p Windows/System32 dir comp links
echo small >resident
echo beside >resident:ads
program 1 >big.exe
program 2 >big.exe:payload.exe
echo of-a-directory >dir:note
truncate -s 5M sparse
printf x | dd of=sparse bs=1 seek=3000000 conv=notrunc status=none
setfattr -n system.ntfs_attrib_be -v 0x00000810 comp
{ yes compressible | head -c 300000; noise 3 100000; yes again | head -c 70001; } >comp/lz
: >empty
program 4 >secret.exe
program 5 >secret.exe:open
for kind in wof dedup cloud cloudy unknown; do program 6 >Windows/System32/$kind.exe; done
noise 7 50000 >Windows/System32/wof.exe:WofCompressedData
truncate -s 0 Windows/System32/wof.exe
truncate -s 60000 Windows/System32/wof.exe
touch -d '2001-02-03 04:05:06.1234567 UTC' resident
sha256sum -b resident resident:ads big.exe big.exe:payload.exe dir:note sparse comp/lz secret.exe:open |
	sed 's/ \*/ /' >../digests
(
	cd Windows/System32 || exit
	reparse wof.exe 17000080 01000000020000000100000000000000
	reparse dedup.exe 13000080 0100000000000000
	reparse cloud.exe 1a000090 0100000000000000
	reparse cloudy.exe 1a700090 0100000000000000
	reparse unknown.exe 99000080 0100000000000000
)
: >links/symbolic
target=$(wide 'target\file') length=$((${#target} / 2))
lengths=$(printf '%02x00' $length)
reparse links/symbolic 0c0000a0 "0000${lengths}${lengths}${lengths}01000000$target$target"
mkdir links/junction
shown=$(wide 'C:\dir') inner=$(wide '\??\C:\dir')
reparse links/junction 030000a0 \
	"0000$(printf '%02x00%02x00%02x00' $((${#inner} / 2)) $((${#inner} / 2 + 2)) $((${#shown} / 2)))${inner}0000${shown}0000"
: >links/wsl
reparse links/wsl 1d0000a0 "02000000$(printf /usr/bin/x | hex)"
: >links/app.exe
strings="$(wide package)0000$(wide 'package!App')0000$(wide 'C:\Program Files\app.exe')00003000000000"
reparse links/app.exe 1b000080 "03000000$strings"
# Longer than its record holds: the point lies in clusters of its own.
: >links/long
far=$(wide "$(printf '%01500d' 7)") length=$((${#far} / 2))
lengths=$(printf '%02x%02x' $((length % 256)) $((length / 256)))
reparse links/long 0c0000a0 "0000${lengths}${lengths}0000""00000000$far"
cd .. || exit 99
fusermount -u mnt

# encrypted RECORD: sets the flag of its unnamed $DATA in the MFT, away from the fix-ups.
encrypted() {
	perl -e '
		open my $f, "+<", "ntfs.img" or die; read $f, my $boot, 512;
		my ($sector, $cluster, $mft) = (unpack("v", substr $boot, 11), ord substr($boot, 13), unpack "Q<", substr $boot, 48);
		my $at = $mft * $cluster * $sector + $ARGV[0] * 1024;
		seek $f, $at, 0; read $f, my $record, 1024;
		my $a = unpack "v", substr $record, 20;
		while ((my $type = unpack "V", substr $record, $a) != 0xffffffff) {
			if ($type == 0x80 && !ord substr $record, $a + 9, 1) {
				seek $f, $at + $a + 12, 0; print $f pack "v", 0x4000; exit 0;
			}
			$a += unpack "V", substr $record, $a + 4;
		}
		exit 1' "$1"
}
ok 'the flag of encryption is set' encrypted "$(ifind -n /secret.exe ntfs.img)"
"$dump" -d ntfs.img >out 2>err
ok 'nothing is said on standard error' sh -c '! grep . err'
has 'type and label' out 'filesystem volume=- type=ntfs ' ' label=lab '

both() {	# PATH: the digest of both ways is that of the file as it was mounted
	grep -qF "digest runs $(awk -v n="$1" '$2 == n { print $1 }' digests) 0 /$1" out &&
		grep -qF "digest library $(awk -v n="$1" '$2 == n { print $1 }' digests) 0 /$1" out ||
		{ grep -F " /$1" out; return 1; }
}
while read -r _ name; do
	ok "content by both ways: $name" both "$name"
done <digests
lz=$(ifind -n /comp/lz ntfs.img)
ok 'it is compressed indeed' sh -c "istat ntfs.img $lz | grep 'Non-Resident, Compressed' && istat ntfs.img $lz | grep -q ' 0 0 0 0 0'"
ok 'names and streams as libtsk lists them' sh -c "fls -r -p ntfs.img | sed 's/^[^:]*:	//' |
	grep -v -e '^\\$' -e ':\\$' -e WofCompressedData | sort -u >theirs
	sed -n 's/^entry path=\\/\\([^ ]*\\) .*/& /p' out | grep -v -e '^entry path=/\\$' |
	sed 's/^entry path=\\/\\([^ ]*\\) stream=\\([^ ]*\\) .*/\\1:\\2/; s/^entry path=\\/\\([^ ]*\\) .*/\\1/' |
	sort -u >ours; grep -v '/\\.:\\|^\\.:' theirs | diff - ours"

both_times() {	# PATH: both sets of times as istat writes them
	node=$(ifind -n "$1" ntfs.img)
	TZ=UTC istat ntfs.img "$node" | awk '
		/^\$STANDARD_INFORMATION/ { p = "" } /^\$FILE_NAME/ { p = "name_" } /^Attributes:/ { exit }
		/^Created:/ { k = "born" } /^File Modified:/ { k = "modified" } /^MFT Modified:/ { k = "changed" }
		/^Accessed:/ { k = "accessed" }
		k { t = $(NF - 1); sub(/00$/, "", t); print p k "=" $(NF - 2) "T" t "Z"; k = "" }' >theirs
	[ "$(grep -c . theirs)" = 8 ] || { cat theirs; return 1; }
	while read -r field; do
		grep -F "entry path=$1 " out | grep -v stream= | grep -qF " $field" && continue
		echo "no $field in"; grep -F "entry path=$1 " out; return 1
	done <theirs
}
ok 'times of $STANDARD_INFORMATION and $FILE_NAME as istat' both_times /resident
has 'and what was set is there' out 'modified=2001-02-03T04:05:06.1234567Z'
ok 'and of a directory' both_times /dir

reason() { grep -F "entry path=$1 " out | grep -v ' stream=' | grep -F " not_readable=$2" || { grep -F "entry path=$1 " out; return 1; }; }
ok 'encrypted by EFS' reason /secret.exe encrypted
ok 'WOF' reason /Windows/System32/wof.exe WOF-compressed
ok 'deduplicated' reason /Windows/System32/dedup.exe deduplicated
ok 'in the cloud' reason /Windows/System32/cloud.exe kept%20in%20cloud
ok 'in the cloud, in another state' reason /Windows/System32/cloudy.exe kept%20in%20cloud
ok 'a kind that is not known, with its number' reason /Windows/System32/unknown.exe a%20reparse%20point%20of%20the%20kind%200x80000099
for name in secret.exe Windows/System32/wof.exe Windows/System32/dedup.exe Windows/System32/cloud.exe \
    Windows/System32/cloudy.exe Windows/System32/unknown.exe Windows/System32/wof.exe:WofCompressedData; do
	ok "no digest of $name" sh -c "! grep '^digest .* /$name\$' out"
done
link() { grep -F "entry path=$1 " out | grep ' type=link ' | grep -F " link_target=$2" || { grep -F "entry path=$1 " out; return 1; }; }
ok 'a symbolic link' link /links/symbolic 'target\file'
ok 'a junction' link /links/junction 'C:\dir'
ok 'a link of WSL' link /links/wsl /usr/bin/x
ok 'an alias of an app' link /links/app.exe 'C:\Program%20Files\app.exe'
ok 'a link whose point is not resident' link /links/long 0000000000

payload=$(awk '$2 == "big.exe:payload.exe" { print $1 }' digests)

# Deleted files: found by their records; then what took their places
mount_again() { ntfs-3g -o streams_interface=windows deleted.img mnt; }
truncate -s 16M deleted.img
mkntfs -F -Q -q deleted.img >/dev/null 2>&1
mount_again
mkdir mnt/dir
noise 1 40000 >mnt/dir/first; noise 2 40000 >mnt/dir/second; echo beside >mnt/dir/second:ads
noise 3 300 >mnt/dir/tiny; noise 4 40000 >mnt/dir/zz; ln mnt/dir/zz mnt/hard
(cd mnt && sha256sum -b dir/first dir/second dir/second:ads dir/tiny dir/zz hard | sed 's/ \*/ /') >digests
fusermount -u mnt
mount_again
rm mnt/dir/first mnt/dir/second mnt/dir/tiny
fusermount -u mnt
"$dump" -d deleted.img >out
while read -r _ name; do
	ok "content by both ways: $name" both "$name"
done <digests
state() { grep -F "entry path=/$1 " out | grep -F " state=$2 content_state=$3 " || { grep -F "entry path=/$1 " out; return 1; }; }
for name in dir/first dir/second 'dir/second stream=ads' dir/tiny; do
	ok "deleted and whole: $name" state "$name" deleted intact
done
ok 'a hard link has the same inode' sh -c "[ \$(grep -c '^entry path=/\(dir/zz\|hard\) inode=\([0-9]*\)-128-2 .* links=2 ' out) = 2 ]"
mount_again
cat /dev/zero >mnt/fill 2>/dev/null
fusermount -u mnt
"$dump" -d deleted.img >out
ok 'a record that another file has now gives no name, as with fls' sh -c "! grep '/dir/first' out && ! fls -r -p deleted.img | grep first"
ok 'its clusters are of another file now' state dir/second deleted reallocated
ok 'what lies in the record itself is still there' state dir/tiny deleted intact
ok 'nothing of it is read' sh -c "! grep '^digest .* /dir/\(first\|second\)$' out"

# The whole program
triage=$TOP_BUILDDIR/t1554triage
if [ -x "$triage" ]; then
	"$triage" --no-verify --no-default-sets -q -o result ntfs.img >summary 2>&1
	is 'what is not examined makes it incomplete' $? 2
	for kind in wof dedup cloud unknown; do
		ok "verdict and note of $kind" sh -c "grep '\"path\":\"[^\"]*System32/$kind.exe\"' result/files.jsonl | grep '\"verdict\":\"not_examined\"' &&
			grep content_not_examined result/notes.jsonl | grep 'System32/$kind.exe'"
	done
	ok 'a stream is a file of its own' sh -c "grep '\"stream\":\"payload.exe\"' result/files.jsonl |
		grep ${payload:-none}"
fi
finish
