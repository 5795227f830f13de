# Every attempt from another address of one IPv6 /64.
python3 "$SUPPORT/signins.py" \
    'count=40 step=12 ip=2001:db8:7:1::{n} agent=agent-{n%9}/1.0 asn='
