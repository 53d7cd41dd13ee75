#!/bin/sh
# FAT by mtools and exFAT entry by entry: contents, deleted files, local times, what libtsk makes up.
. "${TOP_SRCDIR:?}/tests/images/lib.sh"
dump=${TOP_BUILDDIR:?}/tests/images/dump_filesystem
need mkfs.vfat mkfs.exfat mcopy mdel mmd fls istat perl sha256sum
[ -x "$dump" ] || { echo '1..0 # SKIP this build is without libtsk'; exit 0; }
cd "$work" || exit 99
mkdir src
noise 1 100000 >src/big.bin; noise 2 50000 >src/gone.bin; noise 3 3000 >src/small; : >src/empty
noise 4 20000 >'src/a long name with (Volume Label Entry)'; noise 5 777 >src/label
touch -d '2021-03-28 02:30:07' src/*

holds() {	# FILE PATH: read by both ways as FILE is
	digest=$(sha256sum <"$1") path=$2
	grep -qF "digest runs ${digest%% *} 0 $path" out && grep -qF "digest library ${digest%% *} 0 $path" out ||
		{ grep -F " $path" out; return 1; }
}
# entry PATH PATTERN...: fixed strings that its line holds
entry() {
	grep -F "entry path=$1 " out >line || { grep '^entry' out; return 1; }
	shift
	for part; do grep -qF -- " $part" line || { echo "no $part:"; cat line; return 1; }; done
}
none() { ! grep -E "$1" out; }

# taken IMAGE FIRST SKIP: marks the cluster SKIP clusters behind that at byte FIRST as in use.
taken() {
	perl -e '
		my ($name, $first, $skip) = @ARGV;
		open my $f, "+<", $name or die; read $f, my $b, 512;
		my ($sector, $per, $reserved, $fats, $entries) = unpack "x11 v C v C v", $b;
		my $short = unpack "x22 v", $b; my $length = $short || unpack "x36 V", $b;
		my $data = ($reserved + $fats * $length) * $sector + $entries * 32;
		my $cluster = 2 + ($first - $data) / ($sector * $per) + $skip;
		for (0 .. $fats - 1) {
			seek $f, ($reserved + $_ * $length) * $sector + $cluster * ($short ? 2 : 4), 0;
			print $f $short ? pack "v", 0xffff : pack "V", 0x0fffffff;
		}' "$@"
}

for bits in 16 32; do
	rm -f fat.img
	truncate -s $((bits * 4))M fat.img
	mkfs.vfat -F $bits -s $((bits == 16 ? 8 : 2)) -n LAB fat.img >/dev/null 2>&1
	mmd -i fat.img ::/dir
	mcopy -m -i fat.img src/gone.bin src/big.bin ::/dir/
	mcopy -m -i fat.img src/small src/empty 'src/a long name with (Volume Label Entry)' ::/
	mdel -i fat.img ::/dir/gone.bin
	"$dump" -d fat.img >out
	has "FAT$bits: type and label" out "type=fat$bits " ' label=LAB '
	ok "FAT$bits: contents" holds src/big.bin /dir/big.bin
	ok "FAT$bits: contents of a small one" holds src/small /small
	ok "FAT$bits: an empty file" entry /empty state=allocated type=regular
	ok "FAT$bits: a deleted file" entry /dir/_one.bin state=deleted content_state=intact size=50000
	ok "FAT$bits: its content" holds src/gone.bin /dir/_one.bin
	ok "FAT$bits: a long name that ends as libtsk marks a label" \
		holds 'src/a long name with (Volume Label Entry)' '/a%20long%20name%20with%20(Volume%20Label%20Entry)'
	ok "FAT$bits: nothing that libtsk makes up" none '^entry path=(/\$|/LAB)'
	ok "FAT$bits: times as they stand there, of no zone, in 2 s, days and 10 ms" entry /small \
		modified=2021-03-28T02:30:06~2000000000 accessed=2021-03-28T00:00:00~86400000000000 born=2021-03-28T02:30:06.00
	ok "FAT$bits: neither owner nor mode nor change" sh -c "! grep -E '^entry .* (mode|uid|changed)=' out"
	cp out utc
	TZ=America/New_York "$dump" -d fat.img >out
	is "FAT$bits: the zone of this machine changes nothing" "$(cat out)" "$(cat utc)"
	first=$(sed -n 's/^entry path=\/dir\/_one.bin .* disk_offset=\([0-9]*\).*/\1/p' utc)
	cp fat.img part.img
	taken part.img "$first" 5
	"$dump" -d part.img >out
	ok "FAT$bits: libtsk reads on behind a cluster that is in use, which is not intact" \
		entry /dir/_one.bin state=deleted content_state=partly_reallocated
	taken part.img "$first" 0
	"$dump" -d part.img >out
	ok "FAT$bits: its first cluster is in use" entry /dir/_one.bin state=deleted content_state=reallocated
done

# Damage that nothing tells but the structures themselves.
# clusters IMAGE CODE: perl with $f, $sector, $reserved, $length (bytes of a table), $data (of cluster 0), $bytes (of one), entry(copy, cluster).
clusters() {
	perl -e '
		open our $f, "+<", $ARGV[0] or die; read $f, my $b, 512;
		our ($sector, $per, $reserved, $fats, $entries) = unpack "x11 v C v C v", $b;
		my $short = unpack "x22 v", $b; our $length = ($short || unpack "x36 V", $b) * $sector;
		our $bytes = $sector * $per;
		our $data = $reserved * $sector + $fats * $length + $entries * 32 - 2 * $bytes;
		sub entry { $reserved * $sector + $_[0] * $length + $_[1] * ($short ? 2 : 4) }
		sub put { seek $f, $_[0], 0; print $f $_[1] }
		eval $ARGV[1]; die $@ if $@' "$@"
}
place() { sed -n "s|^entry path=$1 .* disk_offset=\([0-9]*\).*|\1|p" whole; }
odd() {	# TEXT KIND PATH REASON: made of odd.img
	cp odd.img made.img
	clusters made.img "$5" || return 1
	"$dump" -d made.img >out
	ok "FAT$bits: $1" grep -E "^note kind=$2 .*path=$3 .*$4" out
}
for bits in 16 32; do
	rm -f odd.img
	truncate -s $((bits * 4))M odd.img
	mkfs.vfat -F $bits -s 2 odd.img >/dev/null 2>&1
	mmd -i odd.img ::/names
	mcopy -i odd.img src/big.bin ::/big.bin
	mkdir -p names
	for i in $(seq 10 49); do echo "$i" >"names/one of several longer names $i"; done
	mcopy -i odd.img names/* ::/names/
	"$dump" odd.img >whole
	ok "FAT$bits: nothing is odd" sh -c "! grep ^note whole"
	is "FAT$bits: all names" "$(grep -c '^entry path=/names/one' whole)" 40
	big=$(place /big.bin) names=$(place /names)
	odd 'two copies of the table that differ in a file' FILE_DAMAGED /big.bin copies%20of%20the%20table \
		"put(entry(1, ($big - \$data) / \$bytes + 1), \"\\x07\\0\")"
	is "FAT$bits: and in no other" "$(grep -c '^note' out)" "$(grep -c '^note.*path=/big.bin ' out)"
	odd 'and in a directory' DIRECTORY_UNREADABLE /names copies%20of%20the%20table \
		"put(entry(0, ($names - \$data) / \$bytes), \"\\0\\0\\0\\0\")"
	odd 'a directory whose chain breaks off' DIRECTORY_UNREADABLE /names breaks%20off \
		"put(entry(\$_, ($names - \$data) / \$bytes), \"\\0\\0\\0\\0\") for 0, 1"
	is "FAT$bits: which removes no name in it" "$(grep -c '^entry path=/names/one.* state=deleted' out)" 0
	odd 'a directory of which a sector is zeros' DIRECTORY_UNREADABLE /names '(behind%20its%20end|long%20name)' \
		"put($names + 512, \"\\0\" x 512)"
	odd 'of which the first is' DIRECTORY_UNREADABLE /names does%20not%20begin "put($names, \"\\0\" x 512)"
	odd 'of which one is another' DIRECTORY_UNREADABLE /names '(makes%20no%20sense|long%20name)' "put($names + 512, \"\\xa5\\x11\" x 256)"
	odd 'a long name without its short one' DIRECTORY_UNREADABLE /names long%20name "put($names + 64 + 32 * 3, \"\\xe5\")"
done

# put NAME FILE [deleted]: an exFAT file in the root, its clusters in one piece without a chain.
put() {
	perl -e '
		my ($name, $file, $deleted) = @ARGV;
		local $/; open my $in, "<", $file or die; my $data = <$in> // "";
		open my $f, "+<", "ex.img" or die; read $f, my $b, 512;
		my ($heap, $count, $root) = unpack "x88 V V V", $b;
		my ($sector, $cluster) = (1 << ord substr($b, 108), 1 << ord(substr $b, 108) + ord substr $b, 109);
		my $at = sub { $heap * $sector + ($_[0] - 2) * $cluster };
		seek $f, $at->($root), 0; read $f, my $entries, $cluster;
		my ($slot, $bitmap) = (0);
		for (;; $slot++) {
			my $type = ord substr $entries, $slot * 32, 1;
			$bitmap = $at->(unpack "x20 V", substr $entries, $slot * 32) if $type == 0x81;
			last if !$type;
		}
		seek $f, $bitmap, 0; read $f, my $bits, ($count + 7) / 8;
		my ($need, $first) = (int((length($data) + $cluster - 1) / $cluster), 40);
		$first++ while grep { vec $bits, $first - 2 + $_, 1 } 0 .. $need;
		vec($bits, $first - 2 + $_, 1) = !$deleted for 0 .. $need - 1;
		# 2021-03-28 02:30:06, 10 ms units 107; no offset from UTC is told
		my $stamp = (41 << 25) | (3 << 21) | (28 << 16) | (2 << 11) | (30 << 5) | 3;
		my $wide = join "", map { pack "v", ord } split //, $name;
		my $hash = 0;
		$hash = ((($hash & 1) << 15) + ($hash >> 1) + ord) & 0xffff for split //, uc $wide;
		my $parts = int((length($wide) + 29) / 30);
		my $set = pack "C C v v v V3 C C x3 x7", 0x85, 1 + $parts, 0, 0x20, 0, $stamp, $stamp, $stamp, 107, 107;
		$set .= pack "C C x C v v Q< x4 V Q<", 0xc0, 3, length $name, $hash, 0, length $data, $first, length $data;
		$set .= pack "C x a30", 0xc1, substr $wide, $_ * 30, 30 for 0 .. $parts - 1;
		my $sum = 0;
		for (0 .. length($set) - 1) {
			next if $_ == 2 || $_ == 3;
			$sum = ((($sum & 1) << 15) + ($sum >> 1) + ord substr $set, $_, 1) & 0xffff;
		}
		substr($set, 2, 2) = pack "v", $sum;
		if ($deleted) { substr($set, $_ * 32, 1) = chr(ord(substr $set, $_ * 32, 1) & 0x7f) for 0 .. $parts + 1 }
		seek $f, $at->($root) + $slot * 32, 0; print $f $set;
		seek $f, $bitmap, 0; print $f $bits;
		seek $f, $at->($first), 0; print $f $data' "$@"
}
truncate -s 64M ex.img
mkfs.exfat -L LAB ex.img >/dev/null 2>&1
put big.bin src/big.bin
put '$ALLOC_BITMAP' src/label
put gone.bin src/gone.bin deleted
"$dump" -d ex.img >out
has 'exFAT: type and label' out 'type=exfat ' ' label=LAB '
if command -v fsck.exfat >/dev/null; then
	ok 'exFAT: what was written here is sound' fsck.exfat -n ex.img
fi
ok 'exFAT: contents' holds src/big.bin /big.bin
ok 'exFAT: a deleted file' entry /gone.bin state=deleted content_state=intact size=50000
ok 'exFAT: its content' holds src/gone.bin /gone.bin
is 'exFAT: a file named as libtsk names the bitmap is there, the bitmap is not' \
	"$(grep -c '^entry path=/\$' out) $(grep -c '^entry path=/\$ALLOC_BITMAP .* size=777 ' out)" '1 1'
ok 'exFAT: times of no zone' entry /big.bin modified=2021-03-28T02:30:07.07 born=2021-03-28T02:30:07.07 \
	accessed=2021-03-28T02:30:06~2000000000

# Damage that nothing tells but the structures themselves.
cp ex.img whole.img
heap=$(($(od -A n -t u4 -j 88 -N 4 ex.img) * 512)) cluster=$((512 << $(od -A n -t u1 -j 109 -N 1 ex.img)))
table=$(($(od -A n -t u4 -j 80 -N 4 ex.img) * 512)) rootcluster=$(od -A n -t u4 -j 96 -N 4 ex.img)
root=$((heap + (rootcluster - 2) * cluster))
is 'exFAT: nothing is odd' "$(grep -c ^note out)" 0
# strange TEXT REASON OFFSET BYTES: made of ex.img
strange() {
	cp whole.img ex.img
	patch ex.img "$3" "$4"
	"$dump" -d ex.img >out
	ok "exFAT: $1" grep -E "^note kind=DIRECTORY_UNREADABLE .*path=/ .*$2" out
}
rows() { od -A n -v -t x1 -w32 -j $root -N $cluster whole.img; }
first=$(rows | grep -n '^ 85' | head -n 1 | cut -d: -f1)
set=$((root + (first - 1) * 32))
strange 'an entry with another name than it was given' checksum%20of%20an%20entry $((set + 66)) X
cp whole.img ex.img
patch ex.img $((set + 20)) '\144\153\210\374\200'
"$dump" -d ex.img >out
ok 'exFAT: times with their offsets from UTC, a second of 100 hundredths among them' entry /big.bin \
	modified=2021-03-28T03:30:07.07Z born=2021-03-28T00:30:07.00Z accessed=2021-03-28T02:30:06Z~2000000000
strange 'an entry of which the first part is lost' 'is%20not%20whole' "$set" '\005'
strange 'of which the second is' 'is%20not%20whole' $((set + 32)) '\0'
strange 'an end before the end' behind%20its%20end "$set" '\0'
strange 'an entry of no type' makes%20no%20sense "$set" '\031'
# What libtsk leaves allocated when it looks for orphans below such a root is no leak of ours.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS
strange 'a root without its table of upper case' every%20root \
	$((root + 32 * ($(rows | grep -n '^ 82' | cut -d: -f1) - 1))) '\002'
unset ASAN_OPTIONS
strange 'a root whose chain is cut' chain%20of%20clusters%20breaks%20off $((table + rootcluster * 4)) '\0\0\0\0'
bitmap=$(od -A n -v -t u4 -w32 -j $root -N $cluster whole.img | awk '$1 % 256 == 129 { print $6 }')
strange 'a bitmap of clusters that lost the root' place%20is%20free $((heap + (bitmap - 2) * cluster)) '\0\0'
ok 'exFAT: and no file is removed by it' entry /big.bin state=allocated
ok 'exFAT: what libtsk guesses of its content is called damaged' grep -qE '^digest runs [0-9a-f]* -1 /big.bin' out
ok 'exFAT: and one that is removed stays so' entry /gone.bin state=deleted
finish
