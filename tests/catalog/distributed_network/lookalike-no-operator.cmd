# Failures of which the log does not say the operator do not belong together.
python3 "$SUPPORT/signins.py" \
    'count=40 step=20 ip=192.0.{n}.7 asn= agent=agent-{n}/1.0 client=client-{n}'
