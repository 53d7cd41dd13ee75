#!/bin/sh
# Directories of ext2, ext3, ext4 by the own reader: each fact of each entry as fls of libtsk tells it.
# shellcheck disable=SC2154 # lib.sh sets work
. "${TOP_SRCDIR:?}/tests/images/lib.sh"
dump=${TOP_BUILDDIR:?}/tests/images/dump_filesystem
[ -x "$dump" ] || { echo '1..0 # SKIP built without libtsk'; exit 0; }
need mke2fs debugfs e2fsck fls perl

mkdir -p "$work/src/many" "$work/src/few/below"
cd "$work/src" || exit 99
i=0; while [ $i -lt 1500 ]; do echo $i >"many/a name of some length, number $i"; i=$((i + 1)); done
ln -s plain few/link
for length in 59 60 300; do ln -s "$(printf "%0${length}d" 1)" few/link$length; done
mkfifo few/fifo; : >few/empty; echo x >few/plain; ln few/plain few/below/hard; chmod 6751 few/plain; chmod 1777 few/below
printf x >"few/$(printf '%0255d' 1)"; printf x >"$(printf 'few/bad\377name')"
ln -s "$(printf 'with\nnewline\377')" few/odd
cd "$work" || exit 99

# Paths as text_add_percent writes them; of removed names only what libtsk tells of them, too.
cat >as_fls.pl <<'END'
use Time::Local;
sub encode { my $text = shift; $text =~ s/([^!-~]|[%=])/sprintf "%%%02X", ord $1/ge; $text }
while (<STDIN>) {
	chomp;
	my ($name, $inode, $mode, $uid, $gid, $size, $accessed, $modified, $changed) = (split /\|/)[1 .. 9];
	next if $name =~ /\$OrphanFiles/;
	my $state = $name =~ s/ \(deleted\)$// ? 'deleted' : $name =~ s/ \(deleted-realloc\)$// ? 'reallocated' : 'allocated';
	my ($path, $target) = split / -> /, $name;
	if ($state ne 'allocated') { print encode($path), " $inode $state\n"; next }
	my @letters = split //, substr $mode, 4 - 1;
	my $bits = 0;
	for my $i (0 .. 8) { $bits = $bits << 1 | ($letters[$i] =~ /[rwxst]/ ? 1 : 0) }
	$bits |= 04000 if $letters[2] =~ /s/i; $bits |= 02000 if $letters[5] =~ /s/i; $bits |= 01000 if $letters[8] =~ /t/i;
	my $type = substr($mode, 2, 1) eq '-' ? substr($mode, 0, 1) : substr($mode, 2, 1);
	printf "%s %s %s %o %d %d %d %d %d %d %s\n", encode($path), $inode, $type, $bits, $uid, $gid, $size,
		$accessed, $modified, $changed, encode($target // '');
}
END
cat >as_dump.pl <<'END'
use Time::Local;
my %letters = (regular => 'r', directory => 'd', link => 'l', fifo => 'p', socket => 's', character => 'c', block => 'b',
	unknown => '-');
sub seconds { $_[0] =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)/ ? timegm($6, $5, $4, $3, $2 - 1, $1) : 0 }
while (<STDIN>) {
	chomp;
	next unless s/^entry //;
	my %of = map { my ($name, $value) = split /=/, $_, 2; $name => $value } split / /;
	next if $of{state} eq 'orphan';
	$of{inode} //= 0;
	$of{path} =~ s/%[01]./^/g;	# as fls shows what cannot be printed
	if ($of{state} ne 'allocated') { print "$of{path} $of{inode} $of{state}\n"; next }
	printf "%s %s %s %s %d %d %d %d %d %d %s\n", $of{path}, $of{inode}, $letters{$of{type}}, $of{mode} // 0,
		$of{uid} // 0, $of{gid} // 0, $of{size} // 0,
		seconds($of{accessed}), seconds($of{modified}), seconds($of{changed}), $of{link_target} // '';
}
END

# fls does not follow the extents of a link, and shows a newline as "^".
as_fls() {
	fls -r -m / "$1" | perl as_fls.pl | grep -vE '^/few/(odd|link60|link300) ' | sort -u >expected
	perl as_dump.pl <"$2" | grep -vE '^/few/(odd|link60|link300) ' | sort -u >got
	# A removed name of an inode that still has it under the same name tells nothing new.
	awk 'NF > 3 { print $1, $2 }' got >live
	awk 'NR == FNR { live[$0] = 1; next } NF > 3 || !(($1 " " $2) in live)' live expected >told
	diff told got && [ "$(wc -l <got)" -gt 1000 ]
}
orphans_as_fls() {
	fls "$1" "$(fls "$1" | sed -n 's,^V/V \([0-9]*\):.*OrphanFiles$,\1,p')" | grep -c OrphanFile- >expected
	grep -c '^entry .*state=orphan' "$2" >got
	diff expected got
}

for kind in ext2,1024,128 ext2,4096,256 ext3,1024,256 ext4,1024,256 ext4,4096,256 ext4,2048,256,^filetype \
    ext4,4096,256,inline_data ext4,4096,256,meta_bg,^resize_inode ext4,4096,256,^metadata_csum,uninit_bg; do
	type=${kind%%,*} rest=${kind#*,}; block=${rest%%,*} rest=${rest#*,}; size=${rest%%,*} features=${rest#"$size"}
	mke2fs -q -t "$type" -b "$block" -I "$size" -O "${features#,}" -d src i.img 60M >/dev/null 2>said || { cat said; continue; }
	"$dump" i.img >out
	ok "$kind: as fls tells it" as_fls i.img out
	ok "$kind: nothing was deleted" orphans_as_fls i.img out
	{
		i=0; while [ $i -lt 1500 ]; do echo "rm \"/many/a name of some length, number $i\""; i=$((i + 7)); done
		echo 'unlink /few/below/hard'; echo 'ln /few/empty /few/again'
		echo 'clri "/many/a name of some length, number 1"'; echo 'kill_file /few/fifo'
	} >commands
	debugfs -w -f commands i.img >/dev/null 2>&1
	"$dump" i.img >out
	ok "$kind: and with removed names" as_fls i.img out
	e2fsck -f -y -D i.img >/dev/null 2>&1
	"$dump" i.img >out
	ok "$kind: and with an index" as_fls i.img out
	ok "$kind: what is deleted without a name" orphans_as_fls i.img out
	[ "$type" != ext4 ] || [ "$features" ] ||
		ok "$kind: the target of a link is kept byte by byte" grep -q '^entry path=/few/odd .*link_target=with%0Anewline%FF' out
done
finish
