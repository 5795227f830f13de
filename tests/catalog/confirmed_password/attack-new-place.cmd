# Another program and another address, both new to an account that was tried.
python3 "$SUPPORT/signins.py" \
    'count=25 start=2024-01-20T09:00:00Z step=43200 user=user5@fabrikam.example code=0 ip=198.51.100.5 agent=Edge asn=64700 client=home' \
    'count=12' \
    'start=2024-02-02T20:00:00Z user=user5@fabrikam.example code=0 ip=203.0.113.77 asn=64666 agent=curl/8 country=BR client=other'
