#!/bin/sh
# Journals written by debugfs, laid over their volume here, and held against what e2fsck makes of them:
# every block is the same but that of the superblock and the first of the journal, which e2fsck marks as empty.
. "${TOP_SRCDIR:?}/tests/images/lib.sh"
need mke2fs debugfs e2fsck perl
dump=${TOP_BUILDDIR:?}/tests/images/dump_journal
[ -x "$dump" ] || { echo '1..0 # SKIP needs libtsk'; exit 0; }
cd "$work" || exit 99

head -c 1638400 /dev/urandom >random
{ printf '\300\073\071\230'; head -c 8188 random; } >escaped	# of both block sizes: one block that begins as the log's own
blocks() {	# FIRST COUNT: a list
	awk -v n="$1" -v c="$2" 'BEGIN { for (i = 0; i < c; i++) printf "%s%d", i ? "," : "", n + i }'
}
edit() {	# IMAGE COMMAND...: each a line for debugfs
	image=$1
	shift
	printf '%s\n' "$@" >commands
	debugfs -w -f commands "$image" >debugfs.out 2>&1
}
# The journal of mke2fs lies in one piece: its first block, as a number of the file system.
journal_block() { debugfs -R 'bmap <8> 0' "$1" 2>/dev/null; }
# replayed IMAGE: e2fsck's copy and ours; sets $offset to the journal's, bytes.  Ours lies in "out".
replayed() {
	size=$(dumpe2fs -h "$1" 2>/dev/null | awk '/^Block size/ { print $3 }')
	offset=$(($(journal_block "$1") * size))
	cp "$1" recovered
	e2fsck -y -E journal_only recovered >e2fsck.out 2>&1
	"$dump" "$1" recovered >out
}
as_e2fsck() {	# no other block differs
	grep -E "^(differs|status|short)" out | grep -vxF -e 'differs 1' -e "differs $((offset / 1024))" >others
	[ ! -s others ] || { head others; cat e2fsck.out; return 1; }
}
told() { grep -qE "$1" out || { head -n 8 out; return 1; }; }
laid() { [ "$(awk '$1 == "place" { n += $4 } END { print n / s }' "s=$size" out)" = "$1" ] || { head -n 8 out; return 1; }; }

# turn IMAGE BLOCKS: the log begins so many blocks later and goes around the end of its ring.
turn() {
	perl -e '
	my ($path, $at, $size, $by) = @ARGV;
	sub crc { my $c = 0xffffffff; for (unpack "C*", $_[0]) { $c ^= $_; $c = $c & 1 ? $c >> 1 ^ 0x82f63b78 : $c >> 1 for 1 .. 8 } $c }
	open my $f, "+<", $path or die; seek $f, $at, 0; read $f, my $super, 1024;
	my ($last, $first) = unpack "NN", substr $super, 16, 8; my $count = $last - $first;
	seek $f, $at + $first * $size, 0; read $f, my $log, $count * $size;
	substr($super, 28, 4) = pack "N", $first + $by;
	if (unpack("N", substr $super, 40, 4) & 0x18) { substr($super, 252, 4) = pack "N", 0; substr($super, 252, 4) = pack "N", crc($super) }
	$log = substr($log, ($count - $by) * $size) . substr($log, 0, ($count - $by) * $size);
	seek $f, $at, 0; print $f $super; seek $f, $at + $first * $size, 0; print $f $log; close $f' "$1" "$offset" "$size" "$2"
}
flip() {	# FILE OFFSET: a bit
	perl -e 'open my $f, "+<", $ARGV[0]; seek $f, $ARGV[1], 0; read $f, my $b, 1; seek $f, $ARGV[1], 0; print $f chr(ord($b) ^ 64)' "$1" "$2"
}
# Log block numbers of all blocks of a kind, from debugfs's own reading.
log_blocks() {	# IMAGE KIND
	debugfs -R 'logdump -a' "$1" 2>/dev/null | sed -n "s/^Found expected sequence .*($2.*at block \([0-9]*\)\$/\1/p"
}

# debugfs seals with version 1 where metadata are not sealed, else with what it is told; version 1 it
# gets wrong for transactions that revoke (e2fsck refuses them too), so that these are left out there.
for kind in none,ext3,1024,^metadata_csum none,ext4,4096,64bit,^metadata_csum 1,ext4,1024,^64bit,^metadata_csum \
	1,ext4,4096,64bit,^metadata_csum 2,ext4,1024,^64bit 2,ext4,4096,64bit 3,ext4,1024,64bit 3,ext4,4096,^64bit; do
	IFS=, read -r version type block features <<-END
		$kind
	END
	name="checksums $version, $type, $block, $features"
	mke2fs -q -t "$type" -O "$features" -b "$block" -J size=4,location=17M i.img 32M >mke2fs.out 2>&1
	open="jo -c -v $version" revoke1='jw -r 3001,3007,3020' revoke2='jw -r 3100' expected=147 transactions=6
	case $version in
	none) open=jo ;;
	1) revoke1='' revoke2='' expected=150 transactions=4 ;;
	esac
	edit i.img "$open" "jw -b $(blocks 3000 150) random" "$revoke1" 'jw -b 3007 random' \
		"jw -b 3010,3011 escaped" "jw -b 3100,3101 escaped" "$revoke2" 'jw -c -b 3030 escaped' jc
	replayed i.img
	ok "$name: as e2fsck leaves it" as_e2fsck
	ok "$name: what was laid over" laid $expected
	ok "$name: that is told" told "^note kind=JOURNAL_REPLAYED .*text=.*$expected%20blocks%20of%20$transactions%20transactions"
	ok "$name: whole" told '^overlay$'
	cp i.img whole.img
	if [ "$type" = ext4 ]; then
		cp i.img turned.img
		turn turned.img $((4194304 / block - 1 - 60))
		replayed turned.img
		ok "$name: around the end of the ring: as e2fsck" as_e2fsck
		ok "$name: around the end of the ring" laid $expected
	fi

	# The last transaction torn: without its commit block, and with a descriptor that is not its own.
	last=$(log_blocks i.img commit | tail -n 1)
	cp i.img torn.img
	dd if=/dev/zero of=torn.img bs="$block" seek=$((offset / block + last)) count=1 conv=notrunc status=none
	replayed torn.img
	ok "$name: a commit block is gone: as e2fsck" as_e2fsck
	ok "$name: a commit block is gone: one transaction less" told "of%20$((transactions - 1))%20transactions"
	cp i.img commit.img
	flip commit.img $((offset + last * block + 17))
	replayed commit.img
	ok "$name: a commit block that fails: as e2fsck" as_e2fsck
	[ "$version" = none ] || ok "$name: a commit block that fails: told" told '^note kind=JOURNAL_UNREPLAYED .*commit'
	cp i.img data.img
	flip data.img $((offset + 4 * block + 99))
	replayed data.img
	ok "$name: a block that fails: as e2fsck" as_e2fsck
	[ "$version" = none ] || ok "$name: a block that fails: told" told '^note kind=JOURNAL_UNREPLAYED .*checksum'
	cp i.img descriptor.img
	flip descriptor.img $((offset + 1 * block + block - 9))
	replayed descriptor.img
	ok "$name: a descriptor that fails: as e2fsck" as_e2fsck
	case $version in
	2 | 3) ok "$name: a descriptor that fails: nothing of it" told '^nothing unreplayed' ;;
	esac
	case $version in
	2 | 3)
		flip i.img $((offset + 30))
		replayed i.img
		ok "$name: a superblock that fails" told '^nothing unreplayed'
		;;
	esac
done
# Of the last kind.
"$dump" -D $((offset + 2 * block)),512 whole.img recovered >out
ok 'a damaged block of a journal is damaged where it belongs' told "^status $((3000 * block / 1024)) -1"
ok 'and that is told' told '^note kind=JOURNAL_UNREPLAYED .*damaged'
"$dump" -D $((offset + 1 * block)),512 whole.img >out
ok 'a damaged descriptor: nothing from there on' told '^nothing unreplayed'
cp whole.img external.img
edit external.img 'ssv journal_inum 0' 'ssv journal_dev 0x0811'
"$dump" external.img >out
ok 'a journal on another device is named' told '^note kind=JOURNAL_UNREPLAYED .*another%20device.* incomplete=yes'
ok 'hostile journals' "${TOP_BUILDDIR:?}/tests/fuzz/fuzz_journal" 1 "$offset,4194304" whole.img
finish
