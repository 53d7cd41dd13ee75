"""hosts.py - what the corpus is made of: a Debian and a Red Hat host of packages' own files, and what happens to them.

A base is made once: its tree, the times of every path, and an ext4 image with these times.  A host is a base with a
small overlay (files written, links, modes, times), which is laid over a copy of the image with debugfs, and over a
copy of the tree where other tools are to look at it, too.  Nothing is mounted.
"""
import gzip
import hashlib
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
import zlib

DAY = 86400
EXTENTS, IMMUTABLE = 0x80000, 0x10

DEBIAN = '''base-files base-passwd bash coreutils cron curl dash debianutils dpkg findutils grep gzip hostname less libc-bin
    libc6 libcurl4 libpam-modules libpam-runtime libpam0g libssl3 login mawk mount openssh-client openssh-server passwd
    perl-base procps rsync sed sudo tar util-linux vsftpd wget'''.split()
UPDATED = ('curl', 'libcurl4', 'sudo')		# at an update after the installation
# The same programs as packages of rpm: name, the Debian package, its version, the paths that it takes.
RED_HAT = (
    ('bash', 'bash', '5.1.8', 'bin/ usr/bin/'),
    ('coreutils', 'coreutils', '8.32', 'bin/ usr/bin/'),
    ('cronie', 'cron', '1.5.7', 'usr/sbin/ usr/bin/ etc/'),
    ('curl', 'curl', '7.76.1', 'usr/bin/'),
    ('glibc', 'libc6', '2.34', 'lib/'),
    ('glibc-common', 'libc-bin', '2.34', 'usr/bin/ sbin/'),
    ('grep', 'grep', '3.6', 'bin/'),
    ('gzip', 'gzip', '1.12', 'bin/'),
    ('libcurl', 'libcurl4', '7.76.1', 'usr/lib/'),
    ('openssh-clients', 'openssh-client', '8.7p1', 'usr/bin/ usr/lib/'),
    ('openssh-server', 'openssh-server', '8.7p1', 'usr/sbin/ usr/lib/openssh/ etc/'),
    ('pam', 'libpam-modules', '1.5.1', 'lib/'),
    ('perl-libs', 'perl-base', '5.32.1', 'usr/bin/ usr/lib/'),
    ('procps-ng', 'procps', '3.3.17', 'usr/bin/ bin/'),
    ('rsync', 'rsync', '3.2.3', 'usr/bin/ etc/'),
    ('sed', 'sed', '4.8', 'bin/'),
    ('shadow-utils', 'passwd', '4.9', 'usr/bin/ usr/sbin/'),
    ('sudo', 'sudo', '1.9.5', 'usr/bin/ usr/lib/ usr/libexec/ etc/'),
    ('tar', 'tar', '1.34', 'bin/'),
    ('util-linux', 'util-linux', '2.37.4', 'bin/ sbin/ usr/bin/ usr/sbin/'),
    ('vsftpd', 'vsftpd', '3.0.3', 'usr/sbin/ etc/'),
    ('wget', 'wget', '1.21.1', 'usr/bin/ etc/'),
)
CAPABILITIES = {'/usr/bin/wget': '%caps(cap_net_raw=ep) '}
RELEASE = '7.el9'


def call(*command, **more):
    more.setdefault('stdout', subprocess.DEVNULL)
    more.setdefault('stderr', subprocess.PIPE)
    done = subprocess.run(command, **more)
    if done.returncode:
        raise OSError('%s: %s' % (' '.join(command)[:200], (done.stderr or b'').decode(errors='replace')[-800:]))
    return done.stdout


def canonical(path):
    """As /usr is merged."""
    return re.sub(r'^/(bin|sbin|lib|lib32|lib64)(?=/)', r'/usr/\1', path)


def local(at, form='%Y-%m-%d %H:%M:%S'):
    """The hosts keep UTC."""
    return time.strftime(form, time.gmtime(at))


def write_file(path, content, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as out:
        out.write(content if isinstance(content, bytes) else content.encode())
    os.chmod(path, mode)


class Base:
    """A host that nothing happened to.  times: path -> (changed, born, modified or None: the file's own)."""

    def __init__(self, folder, family, cache):
        self.folder, self.family, self.cache = folder, family, cache
        self.tree, self.image = os.path.join(folder, 'tree'), os.path.join(folder, 'base.ext4')
        with open(os.path.abspath(__file__), 'rb') as own:
            stamp = hashlib.sha256(own.read()).hexdigest()
        kept = os.path.join(folder, 'base.json')
        if os.path.exists(kept):
            with open(kept) as known:
                self.__dict__.update(json.load(known))
            if self.stamp == stamp:
                self.set_moments()
                return
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(self.tree)
        os.umask(0o022)
        self.stamp, self.times, self.packages = stamp, {}, []
        self.unpack()
        if family == 'rpm':
            self.turn_into_rpm()
        self.make_image()
        with open(kept, 'w') as out:
            json.dump({'stamp': stamp, 'installed': self.installed, 'times': self.times, 'packages': self.packages}, out)

    def set_moments(self):
        self.updated = self.installed + 3 * DAY + 5 * 3600
        self.incident = self.installed + 6 * DAY + 17 * 3600
        self.taken = self.installed + 8 * DAY

    def deb(self, package):
        found = sorted(name for name in os.listdir(self.cache) if name.startswith(package + '_') and name.endswith('.deb'))
        if not found:
            call('apt-get', '-q', '-o', 'APT::Sandbox::User=root', 'download', package, cwd=self.cache, stdin=subprocess.DEVNULL)
            return self.deb(package)
        return os.path.join(self.cache, found[-1])

    def unpack(self):
        for folder in ('bin', 'sbin', 'lib', 'lib32', 'lib64'):
            os.makedirs(self.tree + '/usr/' + folder)
            os.symlink('usr/' + folder, self.tree + '/' + folder)
        dpkg = self.tree + '/var/lib/dpkg/'
        for folder in ('info', 'triggers', 'updates'):
            os.makedirs(dpkg + folder)
        write_file(dpkg + 'info/format', '1\n')
        write_file(dpkg + 'available', '')
        status = ''
        for package in DEBIAN:
            status += self.unpack_deb(self.deb(package), dpkg + 'info/')
        write_file(dpkg + 'status', status)
        newest = max((os.lstat(os.path.join(folder, name)).st_mtime for folder, _, names in os.walk(self.tree + '/usr')
            for name in names if os.lstat(os.path.join(folder, name)).st_mtime < time.time() - 3600), default=0)
        self.installed = (int(newest) // DAY + 1) * DAY + 9 * 3600
        self.set_moments()
        self.settle()
        if self.family == 'dpkg':
            self.tell_times(dpkg + 'info/')
            self.write_logs()

    def unpack_deb(self, deb, info):
        control = os.path.join(self.folder, 'control')
        shutil.rmtree(control, ignore_errors=True)
        call('dpkg-deb', '-e', deb, control)
        data = subprocess.run(['dpkg-deb', '--fsys-tarfile', deb], stdout=subprocess.PIPE, check=True).stdout
        call('tar', '-x', '-p', '--keep-directory-symlink', '-C', self.tree, input=data)
        members = subprocess.run(['tar', '-t'], input=data, stdout=subprocess.PIPE, check=True).stdout.decode()
        with open(control + '/control') as text:
            fields = text.read().strip()
        field = dict(re.findall(r'^(\S+): (.*)$', fields, re.M))
        stem = field['Package'] + (':' + field['Architecture'] if field.get('Multi-Arch') == 'same' else '')
        write_file(info + stem + '.list', ''.join((line.strip('/')[1:] or '/.') + '\n' for line in members.split('\n') if line))
        for name in 'md5sums conffiles preinst postinst prerm postrm triggers shlibs symbols'.split():
            if os.path.exists(control + '/' + name):
                shutil.copy2(control + '/' + name, info + stem + '.' + name)
        self.packages.append([field['Package'], field['Architecture'], field['Version'], stem])
        text = fields.replace('\n', '\nStatus: install ok installed\n', 1) + '\n'
        if os.path.exists(control + '/conffiles'):
            text += 'Conffiles:\n'
            for line in open(control + '/conffiles').read().split('\n'):
                if line.startswith('/'):
                    text += ' %s %s\n' % (line, hashlib.md5(open(self.tree + line, 'rb').read()).hexdigest())
        return text + '\n'

    def settle(self):
        for folder in ('etc/ssh', 'var/log/apt', 'var/tmp', 'tmp', 'root', 'home/admin', 'opt', 'srv', 'usr/local/bin',
                'usr/local/sbin', 'usr/local/lib', 'dev', 'proc', 'sys', 'run', 'var/backups', 'var/cache/apt/archives'):
            os.makedirs(os.path.join(self.tree, folder), exist_ok=True)
        for folder in ('tmp', 'var/tmp'):
            os.chmod(os.path.join(self.tree, folder), 0o1777)
        write_file(self.tree + '/etc/timezone', 'Etc/UTC\n')
        write_file(self.tree + '/etc/hostname', 'host\n')
        write_file(self.tree + '/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\nadmin:x:1000:1000:,,,:/home/admin:/bin/bash\n')
        write_file(self.tree + '/etc/group', 'root:x:0:\nadmin:x:1000:\n')
        # Scripts of packages give these their rights: they stand in no record.
        for path, mode in ('/usr/bin/ssh-agent', 0o2755), ('/usr/bin/crontab', 0o2755), ('/usr/lib/openssh/ssh-keysign', 0o4755):
            if os.path.exists(self.tree + path):
                os.chmod(self.tree + path, mode)

    def unpacked(self, name):
        """When the files of a package were written: its latest installation or update."""
        number = next(i for i, package in enumerate(self.packages) if package[0] == name)
        return self.updated + 2 * UPDATED.index(name) if name in UPDATED else self.installed + number

    def tell_times(self, info):
        for name, _, _, stem in self.packages:
            at = self.unpacked(name)
            with open(info + stem + '.list') as paths:
                for path in paths.read().split('\n'):
                    if path and path != '/.':
                        self.times[canonical(path)] = (at, at, None)
            for file in os.listdir(info):
                if file.rsplit('.', 1)[0] == stem:
                    self.times['/var/lib/dpkg/info/' + file] = (at, at, at if file.endswith('.list') else None)
        self.times['/var/lib/dpkg/status'] = (self.updated + 9,) * 3

    def old_version(self, name):
        return self.version(name) + '~old'

    def version(self, name):
        return next(package[2] for package in self.packages if package[0] == name)

    def dpkg_lines(self, name, at, action, old, new):
        """One package through dpkg.log: unpacked at once, configured a second later."""
        package = name + ':' + next(p[1] for p in self.packages if p[0] == name)
        words = ['%s %s %s %s' % (action, package, old, new)]
        words += ['status half-configured %s %s' % (package, old)] if old != '<none>' else []
        words += ['status half-installed %s %s' % (package, old if old != '<none>' else new), 'status unpacked %s %s' % (package, new)]
        lines = [local(at) + ' ' + word for word in words]
        lines += [local(at + 1) + ' ' + word for word in ('configure %s %s <none>' % (package, new),
            'status half-configured %s %s' % (package, new), 'status installed %s %s' % (package, new))]
        return ''.join(line + '\n' for line in lines)

    def history(self, at, end, command, action, names, user='admin (1000)'):
        listed = ', '.join('%s:%s (%s)' % (n, a, v) for n, a, v in names)
        return '\nStart-Date: %s\nCommandline: %s\nRequested-By: %s\n%s: %s\nEnd-Date: %s\n' % (local(at, '%Y-%m-%d  %H:%M:%S'),
            command, user, action, listed, local(end, '%Y-%m-%d  %H:%M:%S'))

    def write_logs(self):
        log = self.tree + '/var/log/'
        first = local(self.installed - 1) + ' startup archives unpack\n'
        for name, _, version, _ in self.packages:
            number = DEBIAN.index(name)
            first += self.dpkg_lines(name, self.installed + number, 'install', '<none>', self.old_version(name) if name in UPDATED else version)
        second = local(self.updated - 1) + ' startup archives unpack\n'
        for name in UPDATED:
            second += self.dpkg_lines(name, self.unpacked(name), 'upgrade', self.old_version(name), self.version(name))
        self.add_log('dpkg.log.2.gz', gzip.compress(first.encode(), mtime=0), self.installed + 60)
        self.add_log('dpkg.log.1', second, self.updated + 60)
        self.add_log('dpkg.log', local(self.installed + 7 * DAY) + ' startup packages configure\n', self.installed + 7 * DAY)
        names = [(n, a, self.old_version(n) if n in UPDATED else v) for n, a, v, _ in self.packages]
        self.add_log('apt/history.log.1.gz', gzip.compress(self.history(self.installed, self.installed + len(names) + 2,
            'apt-get -y install openssh-server sudo curl', 'Install', names).encode(), mtime=0), self.installed + 60)
        names = [(n, a, '%s, %s' % (self.old_version(n), v)) for n, a, v, _ in self.packages if n in UPDATED]
        self.add_log('apt/history.log', self.history(self.updated - 1, self.updated + 8, '/usr/bin/unattended-upgrade', 'Upgrade', names),
            self.updated + 60)

    def add_log(self, name, text, at):
        write_file(self.tree + '/var/log/' + name, text)
        self.times['/var/log/' + name] = (at, at, at)

    # Red Hat: the same programs in packages of rpm, signed by a key of this run, installed by rpm itself.

    def turn_into_rpm(self):
        debian, self.tree = self.tree, os.path.join(self.folder, 'root')
        paths, owner = {}, {}
        info = debian + '/var/lib/dpkg/info/'
        for name, package, _, prefixes in RED_HAT:
            stem = next(p[3] for p in self.packages if p[0] == package)
            conffiles = open(info + stem + '.conffiles').read().split() if os.path.exists(info + stem + '.conffiles') else []
            chosen = []
            for path in open(info + stem + '.list').read().split('\n'):
                if path.startswith(tuple('/' + p for p in prefixes.split())) and canonical(path) not in owner and \
                        (os.path.islink(debian + path) or os.path.isfile(debian + path)):
                    owner[canonical(path)] = name
                    chosen.append((canonical(path), path in conffiles))
            paths[name] = chosen
        self.build_packages(debian, paths)
        self.packages = [[name, 'x86_64', version, name] for name, _, version, _ in RED_HAT]
        for folder in ('bin', 'sbin', 'lib', 'lib64'):
            os.makedirs(self.tree + '/usr/' + folder, exist_ok=True)
            os.symlink('usr/' + folder, self.tree + '/' + folder)
        rpms = [self.folder + '/rpms/%s.rpm' % package[0] for package in RED_HAT]
        call('rpm', '--root', self.tree, '--dbpath', '/var/lib/rpm', '--nodeps', '--noscripts', '--nosignature', '-i', *rpms, env=self.environment())
        shutil.rmtree(debian)
        self.settle()
        write_file(self.tree + '/etc/os-release', 'ID=rocky\nPRETTY_NAME="Rocky Linux 9"\n')
        write_file(self.tree + '/etc/yum.conf', '[main]\ngpgcheck=1\n')
        self.finish_database()
        for name, chosen in paths.items():
            at = self.unpacked(name)
            for path, _ in chosen:
                self.times[path] = (at, at, None)
        self.write_dnf_logs(paths)
        os.rename(self.tree, debian)
        self.tree = debian

    def environment(self):
        return dict(os.environ, HOME=self.folder, GNUPGHOME=self.folder + '/gnupg')

    def build_packages(self, debian, paths):
        spec = 'Name: host\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\n%define _build_id_links none\n' \
            '%define __os_install_post %{nil}\n%define debug_package %{nil}\n%description\nx\n%install\ncp -a ' + \
            self.folder + '/stage/. %{buildroot}/\n'
        for name, _, version, _ in RED_HAT:
            spec += '%%package -n %s\nSummary: x\nVersion: %s\nRelease: %s\nVendor: Example Linux\nAutoReqProv: no\n%%description -n %s\nx\n%%files -n %s\n' % (
                name, version, RELEASE, name, name)
            for path, is_config in paths[name]:
                place = self.folder + '/stage' + path
                os.makedirs(os.path.dirname(place), exist_ok=True)
                shutil.copy2(debian + path, place, follow_symlinks=False)
                mode = '' if os.path.islink(place) else '%%attr(%04o,root,root) ' % stat.S_IMODE(os.lstat(debian + path).st_mode)
                spec += mode + CAPABILITIES.get(path, '') + ('%config(noreplace) ' if is_config else '') + path.replace('[', '[[]') + '\n'
        write_file(self.folder + '/host.spec', spec)
        call('rpmbuild', '--quiet', '--define', '_topdir ' + self.folder + '/build', '--define', '_rpmdir ' + self.folder + '/rpms',
            '--define', '_build_name_fmt %%{NAME}.rpm', '--define', '_binary_payload w0.ufdio', '-bb', self.folder + '/host.spec',
            env=self.environment())
        shutil.rmtree(self.folder + '/stage')
        shutil.rmtree(self.folder + '/build')
        if shutil.which('rpmsign') and shutil.which('gpg'):
            os.makedirs(self.folder + '/gnupg', mode=0o700)
            call('gpg', '--batch', '--quiet', '--passphrase', '', '--quick-generate-key', 'Example Linux', 'rsa2048', 'sign', '0', env=self.environment())
            call('rpmsign', '--define', '_gpg_name Example Linux', '--define', '__gpg ' + shutil.which('gpg'), '--addsign',
                *[self.folder + '/rpms/%s.rpm' % package[0] for package in RED_HAT], env=self.environment())
            write_file(self.folder + '/keys/example.asc', subprocess.run(['gpg', '--batch', '--armor', '--export'],
                env=self.environment(), stdout=subprocess.PIPE, check=True).stdout)

    def database(self):
        return self.tree + '/var/lib/rpm/rpmdb.sqlite'

    def finish_database(self):
        """As a system that is shut down leaves it, and with the moments of this story."""
        connection = sqlite3.connect(self.database())
        connection.execute('PRAGMA journal_mode = delete')
        for number, blob in connection.execute('SELECT hnum, blob FROM Packages').fetchall():
            header = Header(blob)
            header.set_number(INSTALLTIME, self.unpacked(header.text(NAME)))
            connection.execute('UPDATE Packages SET blob = ? WHERE hnum = ?', (bytes(header.blob), number))
        connection.commit()
        connection.close()
        for name in os.listdir(self.tree + '/var/lib/rpm'):
            if name.startswith('rpmdb.sqlite-'):
                os.unlink(self.tree + '/var/lib/rpm/' + name)

    def write_dnf_logs(self, paths):
        text = '%s INFO --- logging initialized ---\n' % local(self.installed - 1, '%Y-%m-%dT%H:%M:%S+0000')
        for name, _, version, _ in RED_HAT:
            old = '0.1' if name in UPDATED else version
            text += '%s SUBDEBUG Installed: %s-%s-%s.x86_64\n' % (local(self.first_unpacked(name), '%Y-%m-%dT%H:%M:%S+0000'), name, old, RELEASE)
        text += '%s INFO --- logging initialized ---\n' % local(self.updated - 1, '%Y-%m-%dT%H:%M:%S+0000')
        for name in UPDATED:
            if name in paths:
                at = local(self.unpacked(name), '%Y-%m-%dT%H:%M:%S+0000')
                version = next(p[2] for p in RED_HAT if p[0] == name)
                text += '%s SUBDEBUG Upgrade: %s-%s-%s.x86_64\n%s SUBDEBUG Upgraded: %s-0.1-%s.x86_64\n' % (at, name, version, RELEASE, at, name, RELEASE)
        text += '%s INFO --- logging initialized ---\n' % local(self.installed + 7 * DAY, '%Y-%m-%dT%H:%M:%S+0000')
        self.add_log('dnf.rpm.log', text, self.installed + 7 * DAY)
        os.makedirs(self.tree + '/var/lib/dnf')
        connection = sqlite3.connect(self.tree + '/var/lib/dnf/history.sqlite')
        connection.executescript('''
            CREATE TABLE trans (id INTEGER PRIMARY KEY, dt_begin INTEGER, dt_end INTEGER, rpmdb_version_begin TEXT,
                rpmdb_version_end TEXT, releasever TEXT, user_id INTEGER, cmdline TEXT, state INTEGER);
            CREATE TABLE repo (id INTEGER PRIMARY KEY, repoid TEXT);
            CREATE TABLE trans_item (id INTEGER PRIMARY KEY, trans_id INTEGER, item_id INTEGER, repo_id INTEGER, action INTEGER);
            CREATE TABLE rpm (item_id INTEGER, name TEXT, epoch INTEGER, version TEXT, release TEXT, arch TEXT);
            INSERT INTO repo VALUES (1, 'baseos');''')
        connection.execute('INSERT INTO trans VALUES (1, ?, ?, ?, ?, "9", 1000, "install everything", 1)',
            (self.installed, self.installed + len(RED_HAT) + 2, '0:' + 'a' * 40, '22:' + 'b' * 40))
        connection.execute('INSERT INTO trans VALUES (2, ?, ?, ?, ?, "9", 0, "upgrade", 1)',
            (self.updated - 1, self.updated + 8, '22:' + 'b' * 40, '22:' + 'c' * 40))
        item = 0
        for name, _, version, _ in RED_HAT:
            rows = [(1, 1, '0.1'), (2, 7, '0.1'), (2, 6, version)] if name in UPDATED else [(1, 1, version)]
            for transaction, action, of in rows:
                item += 1
                connection.execute('INSERT INTO rpm VALUES (?, ?, 0, ?, ?, "x86_64")', (item, name, of, RELEASE))
                connection.execute('INSERT INTO trans_item VALUES (NULL, ?, ?, 1, ?)', (transaction, item, action))
        connection.commit()
        connection.close()
        self.times['/var/lib/dnf/history.sqlite'] = (self.updated + 8,) * 3

    def first_unpacked(self, name):
        return self.installed + next(i for i, package in enumerate(RED_HAT) if package[0] == name)

    def make_image(self):
        megabytes = int(call('du', '-s', '-m', self.tree, stdout=subprocess.PIPE).split()[0]) * 5 // 4 + 24
        environment = dict(os.environ, E2FSPROGS_FAKE_TIME=str(self.installed))
        call('mke2fs', '-q', '-F', '-t', 'ext4', '-E', 'root_owner=0:0', '-d', self.tree, self.image, '%dM' % megabytes, env=environment)
        commands = []
        for folder, folders, files in os.walk(self.tree):
            for name in folders + files:
                path = os.path.join(folder, name)
                place, modified = path[len(self.tree):], int(os.lstat(path).st_mtime)
                changed, born, given = self.times.get(place, (self.installed, self.installed, None))
                own = modified if not os.path.isdir(path) and modified < changed else changed
                commands += times_commands(place, changed, born, given if given is not None else own)
        edit_image(self.image, commands, self.installed)


def times_commands(path, changed, born, modified):
    return ['set_inode_field "%s" %s @%d' % (path, field, at) for field, at in
        (('ctime', changed), ('crtime', born), ('mtime', modified), ('atime', changed))]


def edit_image(image, commands, now):
    script = image + '.debugfs'
    with open(script, 'w') as out:
        out.write('\n'.join(commands) + '\n')
    done = subprocess.run(['debugfs', '-w', '-f', script, image], env=dict(os.environ, E2FSPROGS_FAKE_TIME=str(now)),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wrong = [line for line in done.stderr.decode(errors='replace').split('\n') if line and not line.startswith('debugfs ')]
    if wrong:
        raise OSError('debugfs: ' + wrong[0])
    os.unlink(script)


# The record of a package as rpm keeps it.
NAME, VERSION, RELEASETAG, INSTALLTIME, FILESTATES, FILEDIGESTS, DIRINDEXES, BASENAMES, DIRNAMES = \
    1000, 1001, 1002, 1008, 1029, 1035, 1116, 1117, 1118
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8}


class Header:
    def __init__(self, blob):
        self.blob = bytearray(blob)
        self.count = int.from_bytes(blob[:4], 'big')
        self.data = 8 + 16 * self.count
        self.entries = {}
        for i in range(self.count):
            at = 8 + 16 * i
            tag, kind, offset, number = (int.from_bytes(blob[at + 4 * k:at + 4 * k + 4], 'big') for k in range(4))
            self.entries[tag] = (at, kind, self.data + offset, number)

    def texts(self, tag):
        _, _, at, number = self.entries[tag]
        return [text.decode() for text in bytes(self.blob[at:]).split(b'\0', number)[:number]]

    def text(self, tag):
        return self.texts(tag)[0]

    def numbers(self, tag):
        _, kind, at, number = self.entries[tag]
        size = SIZES[kind]
        return [int.from_bytes(self.blob[at + size * i:at + size * i + size], 'big') for i in range(number)]

    def set_number(self, tag, value, index=0):
        _, kind, at, _ = self.entries[tag]
        size = SIZES[kind]
        self.blob[at + size * index:at + size * index + size] = value.to_bytes(size, 'big')

    def paths(self):
        folders = self.texts(DIRNAMES)
        return [folders[folder] + name for folder, name in zip(self.numbers(DIRINDEXES), self.texts(BASENAMES))]

    def set_digest(self, path, digest):
        old = self.texts(FILEDIGESTS)[self.paths().index(path)].encode()
        at = self.blob.index(old)
        self.blob[at:at + len(old)] = digest.encode()

    def rename_tag(self, tag, to):
        """What rpm looks for under its number is not there any more; the length stays."""
        at = self.entries[tag][0]
        self.blob[at:at + 4] = to.to_bytes(4, 'big')


class Host:
    """A base and what happened to it.  Paths are those of the merged tree."""

    def __init__(self, base, folder):
        self.base, self.folder = base, folder
        self.changes, self.times, self.commands = {}, {}, []
        self.consequences = []		# paths that something is done to by the commands alone
        for name in ('installed', 'updated', 'incident', 'taken'):
            setattr(self, name, getattr(base, name))

    # What lies there now.

    def read(self, path):
        change = self.changes.get(path)
        if change and change['kind'] == 'file':
            return change['content']
        with open(self.base.tree + path, 'rb') as file:
            return file.read()

    def exists(self, path):
        if path in self.changes:
            return self.changes[path]['kind'] != 'gone'
        return os.path.lexists(self.base.tree + path)

    def state(self, path):
        """Mode, owner and times as they are now."""
        if path in self.changes and 'mode' in self.changes[path]:
            return self.changes[path]['mode'], self.times[path]
        found = os.lstat(self.base.tree + path)
        changed, born, modified = self.base.times.get(path, (self.installed, self.installed, None))
        return stat.S_IMODE(found.st_mode), (changed, born, modified if modified is not None else min(int(found.st_mtime), changed))

    # What happens.

    def write(self, path, content, at=None, mode=None, modified=None, born=None):
        """A file with that content; at: time of change; born None: a new inode, "kept": the old one."""
        at = at or self.incident
        old = self.state(path) if self.exists(path) else (0o644, (at, at, at))
        self.changes[path] = {'kind': 'file', 'content': content if isinstance(content, bytes) else content.encode(),
            'mode': old[0] if mode is None else mode}
        self.times[path] = (at, old[1][1] if born == 'kept' else at, at if modified is None else old[1][2] if modified == 'kept' else modified)

    def patch(self, path, at=None, modified=None):
        """Other bytes of the same length, in place."""
        content = bytearray(self.read(path))
        middle = len(content) // 2
        content[middle:middle + 8] = bytes(byte ^ 0x55 for byte in content[middle:middle + 8])
        self.write(path, bytes(content), at, modified=modified, born='kept')

    def append(self, path, text, at=None, modified=None):
        self.write(path, self.read(path) + (text if isinstance(text, bytes) else text.encode()), at, modified=modified, born='kept')

    def chmod(self, path, mode, at=None):
        _, (_, born, modified) = self.state(path)
        self.write(path, self.read(path), at, mode=mode, modified=modified, born='kept')

    def touch(self, path, at):
        """The inode alone: relabelled, linked, restored."""
        mode, (_, born, modified) = self.state(path)
        self.commands.append('set_inode_field "%s" ctime @%d' % (path, at))

    def remove(self, path):
        self.changes[path] = {'kind': 'gone'}

    def move(self, path, to, at=None):
        mode, (_, born, modified) = self.state(path)
        content = self.read(path)
        self.remove(path)
        self.write(to, content, at, mode=mode, modified=modified)
        self.times[to] = (at or self.incident, born, modified)

    def symlink(self, path, target, at=None):
        self.changes[path] = {'kind': 'link', 'target': target}
        self.times[path] = (at or self.incident,) * 3

    def hard_link(self, path, to):
        self.changes[to] = {'kind': 'name', 'of': path}

    def capability(self, path, permitted, at=None):
        """cap_x+ep, revision 2 of the attribute."""
        value = b'\x01\x00\x00\x02' + (permitted & 0xffffffff).to_bytes(4, 'little') + bytes(12)
        mode, (_, born, modified) = self.state(path)
        self.write(path, self.read(path), at, mode=mode, modified=modified, born='kept')
        self.changes[path]['capability'] = value

    def immutable(self, path):
        self.commands.append('set_inode_field "%s" flags 0x%x' % (path, EXTENTS | IMMUTABLE))

    def update_rpm(self, edit, at=None, modified=None):
        """edit(connection) on a copy of rpm's database."""
        path = '/var/lib/rpm/rpmdb.sqlite'
        copy = os.path.join(self.folder, 'edited.sqlite')
        write_file(copy, self.read(path))
        connection = sqlite3.connect(copy)
        edit(connection)
        connection.commit()
        connection.close()
        with open(copy, 'rb') as file:
            self.write(path, file.read(), at, modified=modified, born='kept')
        os.unlink(copy)

    def edit_header(self, name, edit, at=None):
        def on(connection):
            for number, blob in connection.execute('SELECT hnum, blob FROM Packages').fetchall():
                header = Header(blob)
                if header.text(NAME) == name:
                    edit(header)
                    connection.execute('UPDATE Packages SET blob = ? WHERE hnum = ?', (bytes(header.blob), number))
        self.update_rpm(on, at)

    # The evidence.

    def make_image(self, image):
        subprocess.run(['cp', '--sparse=always', self.base.image, image], check=True)
        commands, blobs, made = [], os.path.join(self.folder, 'blobs'), set()
        os.makedirs(blobs, exist_ok=True)
        for number, (path, change) in enumerate(self.changes.items()):
            there = os.path.lexists(self.base.tree + path)
            if there:
                commands.append('rm "%s"' % path)
            self.make_folders(os.path.dirname(path), made, commands)
            if change['kind'] == 'file':
                blob = os.path.join(blobs, str(number))
                write_file(blob, change['content'])
                commands += ['write %s "%s"' % (blob, path), 'set_inode_field "%s" mode 0%o' % (path, stat.S_IFREG | change['mode']),
                    'set_inode_field "%s" uid %d' % (path, change.get('uid', 0)), 'set_inode_field "%s" gid %d' % (path, change.get('uid', 0))]
                if 'capability' in change:
                    write_file(blob + '.capability', change['capability'])
                    commands.append('ea_set -f %s.capability "%s" security.capability' % (blob, path))
            elif change['kind'] == 'link':
                commands.append('symlink "%s" %s' % (path, change['target']))
        for path, change in self.changes.items():
            if change['kind'] == 'name':
                commands += ['ln "%s" "%s"' % (change['of'], path), 'set_inode_field "%s" links_count 2' % path]
        for path, (changed, born, modified) in self.times.items():
            if self.changes[path]['kind'] in ('file', 'link'):
                commands += times_commands(path, changed, born, modified)
        edit_image(image, commands + self.commands, self.taken)
        shutil.rmtree(blobs)

    def make_folders(self, folder, made, commands):
        if folder in made or os.path.isdir(self.base.tree + folder):
            return
        self.make_folders(os.path.dirname(folder), made, commands)
        commands.append('mkdir "%s"' % folder)
        commands += times_commands(folder, self.incident, self.incident, self.incident)
        made.add(folder)

    def make_tree(self, tree):
        """The same as a folder, for tools that read no image."""
        subprocess.run(['cp', '-a', self.base.tree, tree], check=True)
        for path, change in self.changes.items():
            place = tree + path
            if os.path.lexists(place):
                os.unlink(place)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            if change['kind'] == 'file':
                write_file(place, change['content'], change['mode'])
                if 'capability' in change and hasattr(os, 'setxattr') and os.geteuid() == 0:
                    os.setxattr(place, 'security.capability', change['capability'])
                os.utime(place, (self.times[path][2],) * 2)
            elif change['kind'] == 'link':
                os.symlink(change['target'], place)
            elif change['kind'] == 'name':
                os.link(tree + change['of'], place)
