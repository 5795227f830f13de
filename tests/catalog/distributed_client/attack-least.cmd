# Fifteen accounts from five addresses of as many operators within a quarter of an hour, with one
# program: as little as it takes. It takes 0.5 addresses for each account, so eight.
python3 "$SUPPORT/signins.py" \
    'count=15 step=60 ip=192.0.{n%8}.7 asn=6450{n%8}'
