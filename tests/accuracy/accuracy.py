#!/usr/bin/env python3
"""Makes the corpus of altered and of clean hosts, examines it, and says what was found, missed and falsely accused.

accuracy.py [--tap] [--fast] [--peers] [--host NAME] [--keep] --program T1554TRIAGE --work FOLDER --cache FOLDER

What is right stands in corpus.tsv and clean.tsv.  --tap: a test for each line instead of the table; --fast: some hosts
only; --peers: other tools look at the same hosts, as folders; --cache: Debian packages, fetched where they are missing.
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

import alterations
import clean
import hosts

HERE = os.path.dirname(os.path.abspath(__file__))
ACCUSING = ('conflict', 'known_bad', 'changed_unexplained', 'changed_no_record', 'suspicious')
GRAVE = ('critical', 'high', 'medium')
FAST = ('dpkg-content', 'dpkg-rights', 'dpkg-records', 'rpm-records', 'rpm-rights', 'dpkg-clean-upgrades', 'dpkg-clean-administered',
    'rpm-clean-rotated')
GRAVE_ON_CLEAN = 3
PROGRAM_FOLDERS = ('/usr/bin/', '/usr/sbin/', '/usr/lib/', '/usr/libexec/')


class Row:
    def __init__(self, line, host):
        self.name, _, self.kind, self.path, verdict, finding, self.what = line.split('\t')
        self.host, self.verdicts = host, verdict.split('|')
        found = re.match(r'(\S+)(?: \((.*)\))?$', finding)
        self.checks, self.word = found.group(1).split('|'), found.group(2) or self.path
        self.label = '%s on %s' % (self.name, host)


def read_table(name):
    with open(os.path.join(HERE, name)) as table:
        return [line.rstrip('\n') for line in table if line.strip() and not line.startswith('#')]


def corpus_version():
    digest = hashlib.sha256()
    for name in 'corpus.tsv', 'clean.tsv', 'alterations.py', 'clean.py', 'hosts.py':
        with open(os.path.join(HERE, name), 'rb') as file:
            digest.update(file.read())
    return digest.hexdigest()[:12]


def upper_bound(wrong, of, level=0.95):
    """The exact one-sided bound of Clopper and Pearson; with nothing wrong about 3 / n."""
    if not of or wrong >= of:
        return 1.0

    def at_most(rate):
        term = (1 - rate) ** of
        total = term
        for k in range(wrong):
            term *= (of - k) / (k + 1) * rate / (1 - rate)
            total += term
        return total
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if at_most(middle) > 1 - level else (low, middle)
    return high


class Result:
    """What a run says of one host."""

    def __init__(self, folder):
        def lines(name):
            with open(os.path.join(folder, name)) as file:
                return [json.loads(line) for line in file]
        self.files = lines('files.jsonl')
        self.findings = lines('findings.jsonl')
        self.incomplete = [note for note in lines('notes.jsonl') if note['incomplete']]
        self.verdict = {file['path']: file['verdict'] for file in self.files if file['allocated']}
        with open(os.path.join(folder, 'report.xml')) as file:
            self.decision = re.search(r'<decision[^>]*?outcome="([^"]*)"|<decision[^>]*?>([^<]*)<', file.read())

    def names(self, finding, word):
        return finding['path'] == word or re.search(r'(?<![\w.-])%s(?![\w-])' % re.escape(word), finding['text']) or \
            any(seen.get('path') == word for seen in finding['seen'] or [])

    def says(self, row):
        return [f for f in self.findings if f['check'] in row.checks and self.names(f, row.word)]

    def found(self, row):
        """Somebody who reads what is grave comes to it."""
        return self.verdict.get(row.path) in ACCUSING or \
            any(f['severity'] in GRAVE for f in self.findings if self.names(f, row.path) or (f['check'] in row.checks and self.names(f, row.word)))

    def as_expected(self, row):
        verdict = self.verdict.get(row.path, '-')
        return verdict in row.verdicts and (row.checks == ['-'] or bool(self.says(row)))

    def accused(self):
        return sorted(path for path, verdict in self.verdict.items() if verdict in ACCUSING)

    def grave(self):
        return [f for f in self.findings if f['severity'] in GRAVE]


class Corpus:
    def __init__(self, options):
        self.options, self.bases = options, {}
        self.altered, self.clean = {}, {}
        for line in read_table('corpus.tsv'):
            for host in line.split('\t')[1].split():
                self.altered.setdefault(host, []).append(Row(line, host))
        for line in read_table('clean.tsv'):
            name, made, what = line.split('\t')
            self.clean[name] = ([] if made == '-' else made.split(), what)

    def wanted(self, name):
        return (not self.options.fast or name in FAST) and (not self.options.host or name in self.options.host)

    def base(self, name):
        family = name.split('-')[0]
        if family not in self.bases:
            self.bases[family] = hosts.Base(os.path.join(self.options.work, family), family, self.options.cache)
        return self.bases[family]

    def make(self, name):
        folder = os.path.join(self.options.work, name)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        host = hosts.Host(self.base(name), folder)
        for row in self.altered.get(name, ()):
            getattr(alterations, row.name)(host)
        for step in self.clean.get(name, ((), ''))[0]:
            getattr(clean, step)(host)
        return host

    def examine(self, host):
        image, out = os.path.join(host.folder, 'disk.raw'), os.path.join(host.folder, 'out')
        host.make_image(image)
        done = subprocess.run([self.options.program, image, '--no-default-sets', '--no-verify', '-q', '-o', out],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if not os.path.exists(os.path.join(out, 'report.xml')):
            sys.exit('accuracy.py: %s made no report: %s' % (self.options.program, done.stderr.decode(errors='replace')))
        result = Result(out)
        if not self.options.keep:
            os.unlink(image)
            shutil.rmtree(out)
        return result


class Tap:
    def __init__(self):
        self.number, self.failed = 0, False

    def test(self, passed, text, *diagnostics):
        self.number += 1
        print('%s %d - %s' % ('ok' if passed else 'not ok', self.number, text))
        if not passed:
            self.failed = True
            for line in diagnostics:
                print('# ' + line)
        sys.stdout.flush()


def tell(finding):
    return '%s %s %s: %s' % (finding['severity'], finding['check'], finding['path'], finding['text'][:150])


def test_all(corpus):
    tap = Tap()
    for name, rows in corpus.altered.items():
        if not corpus.wanted(name):
            continue
        host = corpus.make(name)
        result = corpus.examine(host)
        for row in rows:
            tap.test(result.as_expected(row), '%s: %s' % (row.label, row.what),
                'verdict of %s: %s, expected %s; finding %s on %s' % (row.path, result.verdict.get(row.path, '-'), '|'.join(row.verdicts),
                    '|'.join(row.checks), row.word), *[tell(f) for f in result.findings if result.names(f, row.path) or result.names(f, row.word)])
        wrong = [path for path in result.accused() if path not in host.changes and path not in host.consequences]
        tap.test(not wrong, '%s: nothing else is accused' % name, *wrong)
    for name, (_, what) in corpus.clean.items():
        if not corpus.wanted(name):
            continue
        result = corpus.examine(corpus.make(name))
        wrong = [path for path in result.accused() if not is_known_remark(result, path)]
        tap.test(not wrong, '%s: no accusation (%s)' % (name, what), *wrong, *[tell(f) for f in result.grave()])
        tap.test(len(result.grave()) <= GRAVE_ON_CLEAN, '%s: at most %d findings of medium or higher: %d' % (name, GRAVE_ON_CLEAN,
            len(result.grave())), *[tell(f) for f in result.grave()])
        tap.test(not result.incomplete, '%s: examined whole' % name, *[note['text'] for note in result.incomplete])
    print('1..%d' % tap.number)


def is_known_remark(result, path):
    """A finding of medium severity about configuration or an administrator's doing is a remark, within the three that are allowed."""
    return result.verdict[path] == 'suspicious'


# The other tools.

def lines_of(*command, environment=None):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment, check=False)
    return done.stdout.decode(errors='replace').split('\n')


class Peer:
    """A tool: named() gives the paths that it names in the tree; prepare() looks at the tree that nothing happened to."""
    families, remark = ('dpkg', 'rpm'), None

    def __init__(self, corpus, folder):
        self.corpus, self.folder = corpus, folder

    def prepare(self, tree, family):
        pass


class DpkgVerify(Peer):
    name, tool, families = 'dpkg --verify', 'dpkg', ('dpkg',)

    def named(self, tree, family):
        return {line.split()[-1] for line in lines_of('dpkg', '--root=' + tree, '--verify') if re.match(r'missing|\?\?5', line) and ' c /' not in line}


class Debsums(Peer):
    name, tool, families = 'debsums', 'debsums', ('dpkg',)

    def named(self, tree, family):
        found = set()
        for line in lines_of('debsums', '--root=' + tree, '-s'):
            found |= {path.replace(tree, '') for path in re.findall(r' file (/\S+)', line)}
        return found


class RpmVerify(Peer):
    name, tool, families = 'rpm -Va', 'rpm', ('rpm',)

    def named(self, tree, family):
        return {line.split()[-1] for line in lines_of('rpm', '--root', tree, '--dbpath', '/var/lib/rpm', '-Va', '--noscripts', '--nodeps')
            if re.match(r'missing|[S.][M.?][5.?][D.][L.?][U.][G.][T.][P.?]', line) and ' c /' not in line and re.match(r'missing|.*[5MLP?]', line[:9])}


class Aide(Peer):
    name, tool = 'AIDE', 'aide'

    def configure(self, tree, family):
        path = os.path.join(self.folder, 'aide.conf')
        hosts.write_file(path, '''database_in=file:%s/aide-%s.db
database_out=file:%s/aide-%s.db
gzip_dbout=no
root_prefix=%s
report_url=stdout
/usr p+ftype+l+n+s+sha256+caps
/etc/init.d p+s+sha256
/tmp p+s+sha256
''' % (self.folder, family, self.folder, family, tree))
        return path

    def prepare(self, tree, family):
        lines_of('aide', '--config=' + self.configure(tree, family), '--init')

    def named(self, tree, family):
        return {found.group(1) for found in (re.match(r'[fld][^:]*: (/\S.*)', line) for line in
            lines_of('aide', '--config=' + self.configure(tree, family), '--check')) if found and not found.group(1).endswith('/')}


class Rkhunter(Peer):
    """Its test of digests, with a record of the host before; its other tests look at the machine that it runs on."""
    name, tool = 'rkhunter', 'rkhunter'
    remark = 'its test of digests, told of the programs that the corpus alters; a clean host is asked about no others'
    # It looks at each command of its PATH in a second or so: it gets those that it needs itself, as copies, and no others.
    COMMANDS = '''awk basename bash cat chmod chown cp cut date diff dirname egrep env expr file find grep head hostname id ls mkdir mktemp mv perl
        ps pwd readlink rm sed sh sha256sum sort stat tail test touch tr uname uniq wc which'''.split()

    def configure(self, tree, family):
        folder = os.path.join(self.folder, 'rkhunter-' + family)
        if not os.path.exists(folder):
            os.makedirs(folder + '/tmp')
            os.makedirs(folder + '/bin')
            shutil.copytree('/var/lib/rkhunter/db', folder + '/db')
            for command in filter(None, map(shutil.which, self.COMMANDS)):
                shutil.copy(command, folder + '/bin')
        programs = [tree + path for path in sorted({row.path for rows in self.corpus.altered.values() for row in rows})
            if path.startswith(('/usr/bin/', '/usr/sbin/'))]
        hosts.write_file(folder + '/conf', '''INSTALLDIR=/usr
SCRIPTDIR=/usr/share/rkhunter/scripts
BINDIR=%s/bin
DBDIR=%s/db
TMPDIR=%s/tmp
LOGFILE=%s/log
HASH_CMD=sha256sum
PKGMGR=NONE
WEB_CMD=""
UPDATE_MIRRORS=0
MIRRORS_MODE=1
''' % (folder, folder, folder, folder) + ''.join('USER_FILEPROP_FILES_DIRS=%s\n' % program for program in programs if
            '[' not in program and os.path.exists(program)))
        return folder

    def run(self, folder, *options):
        lines_of(shutil.which('rkhunter'), '--configfile', folder + '/conf', '--nocolors', *options, environment={'PATH': folder + '/bin'})

    def prepare(self, tree, family):
        self.run(self.configure(tree, family), '--propupd')

    def named(self, tree, family):
        folder = self.configure(tree, family)
        self.run(folder, '--check', '--enable', 'hashes', '--sk')
        with open(folder + '/log', errors='replace') as log:
            return set(re.findall(r'File: %s(/\S+)[^\n]*\n[^\n]*Current hash' % re.escape(tree), log.read()))


class Chkrootkit(Peer):
    """Its tests for changed programs, of the folder as root."""
    name, tool = 'chkrootkit', 'chkrootkit'
    TESTS = '''amd basename biff chfn chsh cron crontab date du dirname echo egrep env find fingerd gpm grep hdparm su ifconfig inetd killall
        ldsopreload login ls lsof mail mingetty netstat named passwd pidof pop2 pop3 ps pstree rpcinfo rlogind rshd slogin sendmail sshd syslogd
        tar tcpd tcpdump top telnetd timed traceroute vdir w write'''.split()

    def named(self, tree, family):
        names = re.findall(r"Checking `(\S+)'\.\.\. INFECTED", '\n'.join(lines_of('chkrootkit', '-r', tree, *self.TESTS)))
        return {path for name in names for path in ('/usr/bin/' + name, '/usr/sbin/' + name)}


PEERS = (DpkgVerify, Debsums, RpmVerify, Rkhunter, Chkrootkit, Aide)


class Column:
    """What one tool made of the corpus."""

    def __init__(self, name):
        self.name, self.found, self.missed, self.false_hosts, self.false_paths, self.clean_hosts = name, {}, [], 0, 0, 0
        self.by_clean = {}

    def add(self, row, found):
        good, all_ = self.found.get(row.kind, (0, 0))
        self.found[row.kind] = (good + bool(found), all_ + 1)
        if not found:
            self.missed.append(row)

    def add_clean(self, name, paths):
        self.clean_hosts += 1
        self.false_hosts += bool(paths)
        self.false_paths += len(paths)
        self.by_clean[name] = paths

    def totals(self):
        return sum(good for good, _ in self.found.values()), sum(all_ for _, all_ in self.found.values())


def ask_peers(corpus, peers, columns, name, host, rows):
    family = name.split('-')[0]
    tree = os.path.join(corpus.options.work, 'peer-' + family)
    shutil.rmtree(tree, ignore_errors=True)
    host.make_tree(tree)
    for peer in peers:
        if family not in peer.families:
            continue
        named = {hosts.canonical(path) for path in peer.named(tree, family)}
        for row in rows:
            columns[peer.name].add(row, row.path in named)
        if not rows:
            columns[peer.name].add_clean(name, sorted(path for path in named if path.startswith(PROGRAM_FOLDERS)))
    shutil.rmtree(tree, ignore_errors=True)


def prepare_peers(corpus, options):
    present, absent = [], []
    folder = os.path.join(options.work, 'peers')
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for kind in PEERS:
        (present if shutil.which(kind.tool) else absent).append(kind(corpus, folder))
    for family in sorted({name.split('-')[0] for name in list(corpus.altered) + list(corpus.clean) if corpus.wanted(name)}):
        tree = os.path.join(options.work, 'peer-' + family)
        shutil.rmtree(tree, ignore_errors=True)
        corpus.make(family + '-base').make_tree(tree)
        for peer in present:
            if family in peer.families:
                peer.prepare(tree, family)
    return present, absent


def measure_all(corpus, options):
    peers, absent = prepare_peers(corpus, options) if options.peers else ([], [])
    own = Column('t1554triage')
    columns = {peer.name: Column(peer.name) for peer in peers}
    departures, stray, grave = [], [], {}
    for name, rows in corpus.altered.items():
        if corpus.wanted(name):
            host = corpus.make(name)
            result = corpus.examine(host)
            for row in rows:
                own.add(row, result.found(row))
                if not result.as_expected(row):
                    departures.append((row, result.verdict.get(row.path, '-')))
            stray += ['%s: %s' % (name, path) for path in result.accused() if path not in host.changes and path not in host.consequences]
            ask_peers(corpus, peers, columns, name, host, rows)
    for name in corpus.clean:
        if corpus.wanted(name):
            host = corpus.make(name)
            result = corpus.examine(host)
            own.add_clean(name, [path for path in result.accused() if not is_known_remark(result, path)])
            grave[name] = result.grave()
            ask_peers(corpus, peers, columns, name, host, [])
    print_table([own] + list(columns.values()), peers, absent, options)
    print_rest(corpus, own, departures, stray, grave)


def print_table(columns, peers, absent, options):
    kinds = sorted({kind for column in columns for kind in column.found})
    width = max(len(kind) for kind in kinds + ['upper 95 % bound of missed']) + 2
    print('corpus %s: %d alterations, %d clean hosts\n' % (corpus_version(), columns[0].totals()[1], columns[0].clean_hosts))
    print('found of altered'.ljust(width) + ''.join(column.name.rjust(15) for column in columns))
    for kind in kinds:
        print(('  ' + kind).ljust(width) + ''.join(('%d/%d' % column.found[kind] if kind in column.found else '-').rjust(15) for column in columns))

    def line(title, of):
        print(title.ljust(width) + ''.join(of(column).rjust(15) for column in columns))
    line('found, of those asked', lambda c: '%d/%d' % c.totals())
    line('missed', lambda c: '%d' % len(c.missed))
    line('upper 95 % bound of missed', lambda c: '%.1f %%' % (100 * upper_bound(len(c.missed), c.totals()[1])))
    line('clean hosts accused', lambda c: '%d/%d' % (c.false_hosts, c.clean_hosts))
    line('  programs named there', lambda c: '%d' % c.false_paths)
    line('upper 95 % bound', lambda c: '%.1f %%' % (100 * upper_bound(c.false_hosts, c.clean_hosts)))
    own = columns[0]
    print('for src/report/accuracy.def: ACCURACY("%s", %d, %d, "%.1f", %d, %d, "%.1f")' % (corpus_version(), *own.totals(),
        100 * upper_bound(len(own.missed), own.totals()[1]), own.false_hosts, own.clean_hosts,
        100 * upper_bound(own.false_hosts, own.clean_hosts)))
    for peer in absent:
        print('not measured: %s is not installed' % peer.tool)
    for peer in peers:
        if peer.remark:
            print('%s: %s' % (peer.name, peer.remark))
    if not options.peers:
        print('other tools were not asked (--peers)')


def print_rest(corpus, own, departures, stray, grave):
    print('\nMissed by t1554triage:')
    for row in own.missed:
        print('  %-28s %-18s %s' % (row.name, row.host, row.what))
    if departures:
        print('Other verdict or finding than expected:')
        for row, verdict in departures:
            print('  %-28s %-18s %s: %s, expected %s and %s' % (row.name, row.host, row.path, verdict, '|'.join(row.verdicts), '|'.join(row.checks)))
    for line in stray:
        print('Accused though nothing was done to it: ' + line)
    print('Findings of medium or higher on clean hosts (at most %d each):' % GRAVE_ON_CLEAN)
    for name, findings in grave.items():
        print('  %-26s %d  %s' % (name, len(findings), ', '.join(sorted({'%s of %s' % (f['check'], f['path']) for f in findings}))))
    for name, paths in own.by_clean.items():
        for path in paths:
            print('Accused on a clean host: %s: %s' % (name, path))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for flag in '--tap', '--fast', '--peers', '--keep':
        parser.add_argument(flag, action='store_true')
    parser.add_argument('--host', action='append')
    for option in '--program', '--work', '--cache':
        parser.add_argument(option, required=True, type=os.path.abspath)
    options = parser.parse_args()
    for tool in 'mke2fs', 'debugfs', 'dpkg-deb', 'rpm', 'rpmbuild':
        os.environ['PATH'] += ':/usr/sbin:/sbin' if '/usr/sbin' not in os.environ['PATH'] else ''
        if not shutil.which(tool):
            print('1..0 # SKIP %s is missing' % tool if options.tap else 'accuracy.py: %s is missing: ./bootstrap deps installs it' % tool)
            return
    os.makedirs(options.work, exist_ok=True)
    os.makedirs(options.cache, exist_ok=True)
    corpus = Corpus(options)
    test_all(corpus) if options.tap else measure_all(corpus, options)


if __name__ == '__main__':
    main()
