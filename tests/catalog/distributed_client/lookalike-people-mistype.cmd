# People at home with one browser, of whom some mistype and most get in.
python3 "$SUPPORT/signins.py" \
    'count=60 step=20 ip=198.51.{n}.7 asn=645{n%40} code=0 agent=Edge' \
    'count=14 start=2024-02-01T09:00:05Z step=60 ip=198.51.{n}.7 asn=645{n%40} agent=Edge' \
    'count=14 start=2024-02-01T09:00:15Z step=60 ip=198.51.{n}.7 asn=645{n%40} code=0 agent=Edge'
