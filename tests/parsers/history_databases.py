#!/usr/bin/env python3
"""Writes small histories of the package managers: history_databases.py dnf|dnf5|yum FILE"""
import sqlite3
import sys

A, B, C, D = ('%064x' % n for n in (10, 11, 12, 13))

DNF = '''
CREATE TABLE trans (id INTEGER PRIMARY KEY, dt_begin INTEGER, dt_end INTEGER, rpmdb_version_begin TEXT,
  rpmdb_version_end TEXT, releasever TEXT, user_id INTEGER, cmdline TEXT, state INTEGER, comment TEXT);
CREATE TABLE repo (id INTEGER PRIMARY KEY, repoid TEXT);
CREATE TABLE trans_item (id INTEGER PRIMARY KEY, trans_id INTEGER, item_id INTEGER, repo_id INTEGER, action INTEGER,
  reason INTEGER, state INTEGER);
CREATE TABLE rpm (item_id INTEGER, name TEXT, epoch INTEGER, version TEXT, release TEXT, arch TEXT);
INSERT INTO repo VALUES (1, 'baseos'), (2, '@System');
INSERT INTO rpm VALUES (1, 'bash', 0, '5.1.8', '6.el9', 'x86_64'), (2, 'bash', 0, '5.1.8', '9.el9', 'x86_64'),
  (3, 'openssl', 1, '3.0.7', '27.el9', 'x86_64');
INSERT INTO trans VALUES (1, 1714000000, 1714000009, '{A}', '{B}', '9', -1, 'install bash', 1, ''),
  (2, 1714100000, 1714100004, '{C}', '{D}', '9', 1000, 'upgrade', 1, ''),
  (3, 1714200000, NULL, '{D}', NULL, '9', 4294967295, 'remove openssl', 2, '');
INSERT INTO trans_item VALUES (1, 1, 1, 1, 1, 2, 1), (2, 2, 2, 1, 6, 2, 1), (3, 2, 1, 2, 7, 2, 1), (4, 3, 3, 2, 8, 2, 1);
'''

DNF5 = '''
CREATE TABLE trans (id INTEGER PRIMARY KEY, dt_begin INTEGER, dt_end INTEGER, rpmdb_version_begin TEXT,
  rpmdb_version_end TEXT, releasever TEXT, user_id INTEGER, description TEXT, comment TEXT, state_id INTEGER);
CREATE TABLE trans_state (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE trans_item_action (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE arch (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE pkg_name (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE repo (id INTEGER PRIMARY KEY, repoid TEXT);
CREATE TABLE trans_item (id INTEGER PRIMARY KEY, trans_id INTEGER, item_id INTEGER, repo_id INTEGER, action_id INTEGER);
CREATE TABLE rpm (item_id INTEGER, name_id INTEGER, epoch TEXT, version TEXT, release TEXT, arch_id INTEGER);
INSERT INTO trans_state VALUES (1, 'Started'), (2, 'Ok'), (3, 'Error');
INSERT INTO trans_item_action VALUES (1, 'Install'), (2, 'Upgrade'), (5, 'Remove'), (6, 'Replaced');
INSERT INTO arch VALUES (1, 'x86_64');
INSERT INTO pkg_name VALUES (1, 'bash');
INSERT INTO repo VALUES (1, 'fedora'), (2, '@System');
INSERT INTO rpm VALUES (1, 1, '0', '5.2.26', '1.fc41', 1), (2, 1, '0', '5.2.32', '1.fc41', 1);
INSERT INTO trans VALUES (1, 1734000000, 1734000003, '', '', '41', 1000, 'dnf upgrade bash', '', 2);
INSERT INTO trans_item VALUES (1, 1, 2, 1, 2), (2, 1, 1, 2, 6);
'''

YUM = '''
CREATE TABLE trans_beg (tid INTEGER PRIMARY KEY, timestamp INTEGER, rpmdb_version TEXT, loginuid INTEGER);
CREATE TABLE trans_end (tid INTEGER PRIMARY KEY, timestamp INTEGER, rpmdb_version TEXT, return_code INTEGER);
CREATE TABLE trans_cmdline (tid INTEGER, cmdline TEXT);
CREATE TABLE trans_data_pkgs (tid INTEGER, pkgtupid INTEGER, done BOOL, state TEXT);
CREATE TABLE pkgtups (pkgtupid INTEGER PRIMARY KEY, name TEXT, arch TEXT, epoch TEXT, version TEXT, release TEXT, checksum TEXT);
INSERT INTO pkgtups VALUES (1, 'bash', 'x86_64', '0', '4.2.46', '34.el7', 'sha256:aa'), (2, 'bash', 'x86_64', '0', '4.2.46', '35.el7', 'sha256:bb'),
  (3, 'java', 'x86_64', '1', '1.7.0', '2.el7', 'sha256:cc');
INSERT INTO trans_beg VALUES (1, 1614000000, '156:{a}', 1000), (2, 1614100000, '157:{b}', 4294967295), (3, 1614200000, '158:{c}', NULL);
INSERT INTO trans_end VALUES (1, 1614000009, '157:{b}', 0), (2, 1614100004, '157:{a}', 0);
INSERT INTO trans_cmdline VALUES (1, 'install bash');
INSERT INTO trans_data_pkgs VALUES (1, 1, 'TRUE', 'True-Install'), (2, 2, 'TRUE', 'Update'), (2, 1, 'TRUE', 'Updated'), (3, 3, 'FALSE', 'Erase');
'''


def main():
    what, path = sys.argv[1:]
    text = {'dnf': DNF, 'dnf5': DNF5, 'yum': YUM}[what]
    connection = sqlite3.connect(path)
    connection.execute('PRAGMA page_size = 512')
    connection.executescript(text.format(A=A, B=B, C=C, D=D, a='a' * 40, b='b' * 40, c='c' * 40))
    connection.commit()


main()
