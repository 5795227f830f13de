# Fourteen accounts are not fifteen.
python3 "$SUPPORT/signins.py" \
    'count=14 step=60 ip=192.0.{n}.7 asn=6450{n}'
