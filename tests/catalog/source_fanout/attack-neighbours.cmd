# The addresses of one /24 in turn, so that none has more than three accounts.
python3 "$SUPPORT/signins.py" \
    'count=30 step=15 ip=192.0.2.{n%12} agent=agent-{n%6}/1.0'
