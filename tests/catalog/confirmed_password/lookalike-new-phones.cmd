# People who failed one after the other sign in from new phones at home.
python3 "$SUPPORT/signins.py" \
    'count=7 step=120 ip=198.51.100.{n} agent=Edge asn=64700' \
    'count=7 start=2024-02-01T18:00:00Z step=120 ip=203.0.113.{n} agent=Phone asn=6470{n} code=0'
