# The machines of one hosting provider, each with a program of its own.
python3 "$SUPPORT/signins.py" \
    'count=40 step=20 ip=192.0.{n}.7 agent=agent-{n}/1.0 client=client-{n}'
