#!/bin/sh
# ISO 9660 by xorriso: dates and their offset from UTC, plain, with Joliet, with Rock Ridge.
. "${TOP_SRCDIR:?}/tests/images/lib.sh"
dump=${TOP_BUILDDIR:?}/tests/images/dump_filesystem
need xorriso perl sha256sum
[ -x "$dump" ] || { echo '1..0 # SKIP this build is without libtsk'; exit 0; }
cd "$work" || exit 99
mkdir -p src/dir
noise 1 100000 >src/dir/big.bin
echo early >src/early; echo late >src/late; echo last >src/last; : >src/empty
ln -s early src/link
touch -d '1999-12-31 23:59:58 UTC' src/early
touch -d '2128-05-06 07:08:10 UTC' src/late
touch -d '2155-12-31 12:00:00 UTC' src/last

dated() {	# FILE DATE
	grep -i "^entry path=/$1 " out | grep -F " modified=$2" || { grep '^entry' out; return 1; }
}
holds() {
	digest=$(sha256sum <"src/$1")
	[ "$(grep -ic " ${digest%% *} 0 /$1\$" out)" = 2 ] || { grep ^digest out; return 1; }
}
for kind in plain joliet rock; do
	case $kind in plain) options= ;; joliet) options=-J ;; rock) options=-R ;; esac
	# shellcheck disable=SC2086
	xorriso -as mkisofs $options -V LAB -o $kind.iso src >/dev/null 2>&1
	"$dump" -d $kind.iso >out
	has "$kind: type and label" out 'type=iso9660 ' ' label=LAB '
	ok "$kind: content" holds dir/big.bin
	ok "$kind: content of a small one" holds early
	ok "$kind: last century" dated early 1999-12-31T23:59:58Z
	ok "$kind: behind 2112" dated late 2128-05-06T07:08:10Z
	ok "$kind: the last year that a record can tell" dated last 2155-12-31T12:00:00Z
	ok "$kind: one time, and neither mode nor owner, which libtsk does not read" \
		sh -c "! grep -E '^entry .* (accessed|changed|born|mode|uid|gid)=' out"
	cp out utc
	TZ=Asia/Tokyo "$dump" -d $kind.iso >out
	is "$kind: the zone of this machine changes nothing" "$(cat out)" "$(cat utc)"
done
# east QUARTERS: the offset from UTC in the record of EARLY.
east() {
	perl -e 'local $/; open F, "<", "plain.iso"; my $d = <F>; my $at = index $d, "EARLY";
		substr($d, $at - 33 + 24, 1) = chr($ARGV[0] & 255); open F, ">", "east.iso"; print F $d' -- "$1"
	"$dump" east.iso >out
}
east 8
ok 'two hours east of Greenwich' dated early 1999-12-31T21:59:58Z
east -14
ok 'three hours and a half west' dated early 2000-01-01T03:29:58Z
east 100
ok 'an offset that none can be leaves a time of no zone' sh -c "grep -i 'path=/early .*modified=1999-12-31T23:59:58\( \|\$\)' out"

# Directories that are not as they were written
xorriso -as mkisofs -V LAB -o plain.iso src >/dev/null 2>&1
"$dump" plain.iso >whole
ok 'nothing is odd' sh -c '! grep ^note whole | grep -v Rock%20Ridge'
at=$(sed -n 's|^entry path=/DIR .* disk_offset=\([0-9]*\).*|\1|p' whole)
cp plain.iso odd.iso && dd if=/dev/zero of=odd.iso bs=2048 seek=$((at / 2048)) count=1 conv=notrunc status=none
"$dump" odd.iso >out
ok 'a directory of zeros' grep '^note kind=DIRECTORY_UNREADABLE .*path=/DIR .*holds%20no%20record' out
cp plain.iso odd.iso && noise 5 2048 | dd of=odd.iso bs=2048 seek=$((at / 2048)) conv=notrunc status=none
"$dump" odd.iso >out
ok 'a directory of something else' grep '^note kind=DIRECTORY_UNREADABLE .*path=/DIR ' out
changed() {	# PERL: with $d the whole, $at where the record of EARLY begins
	perl -e 'local $/; open F, "<", "plain.iso"; our $d = <F>; our $at = index($d, "EARLY") - 33;
		eval $ARGV[0]; die $@ if $@; open F, ">", "odd.iso"; print F $d' -- "$1"
	"$dump" odd.iso >out
}
changed 'substr($d, $at + 10, 1) = "\x07"'
ok 'a record that tells two sizes' grep '^note kind=DIRECTORY_UNREADABLE .*path=/ .*two%20places%20or%20sizes' out
changed 'substr($d, $at + 35, 2) = "\0\0"'
ok 'a name with zeros' grep '^note kind=DIRECTORY_UNREADABLE .*path=/ ' out
changed 'my $end = $at + 2048 - $at % 2048; substr($d, $at + 20, $end - $at - 20) = "\0" x ($end - $at - 20)'
ok 'a sector that ends in a record' grep '^note kind=DIRECTORY_UNREADABLE .*path=/ ' out
changed 'for (my $at = $at - $at % 2048; ord substr $d, $at, 1; $at += ord substr $d, $at, 1) { substr($d, $at + 2, 4) = "\0" x 4 }'
ok 'a program that wrote numbers in one order only' sh -c '! grep ^note out | grep -v Rock%20Ridge'

# Two trees of names, of which libtsk shows one
xorriso -as mkisofs -J -R -o both.iso src >/dev/null 2>&1
"$dump" -d both.iso >out
ok 'Rock Ridge, which is not read, is said' grep '^note kind=FILESYSTEM_UNSUPPORTED .*Rock%20Ridge' out
ok 'the same files in two trees: no orphans, no other notes' sh -c "! grep -E '^note|OrphanFile' out | grep -v Rock%20Ridge"
cp out seen
xorriso -as mkisofs -J -R -hide-joliet src/late -o hidden.iso src >/dev/null 2>&1
"$dump" -d hidden.iso >out
ok 'a file in the other tree only is read, without its name' sh -c "
	! grep '^entry path=/late ' out && grep '^entry path=/\$OrphanFiles/OrphanFile-[0-9]* .*state=orphan content_state=intact' out &&
	grep -c \"^digest .* $(sha256sum <src/late | cut -d' ' -f1) 0 /\$Orphan\" out"
ok 'and said' grep '^note kind=FILESYSTEM_UNSUPPORTED .*text=1%20files' out
finish
