export LD_AUDIT="/opt/audit.so"; export X=1
