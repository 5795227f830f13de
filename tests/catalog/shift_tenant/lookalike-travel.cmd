# A trade fair: fifteen people fail from hotels within a day, beside many who sign in there.
python3 "$SUPPORT/signins.py" \
    'count=800 start=2024-01-01T00:00:00Z step=2200 user=user{n%50}@fabrikam.example ip=198.51.100.{n%50} agent=Edge-{n%9} asn=6460{n%10} client=app-{n%7} code=0' \
    'count=60 start=2024-01-22T08:00:00Z step=900 user=guest{n}@fabrikam.example ip=203.0.{n%12}.9 agent=Edge-{n%9} asn=64777 client=app-{n%7} code=0' \
    'count=15 start=2024-01-22T13:00:00Z step=3600 user=user{n}@fabrikam.example ip=203.0.{n%12}.7 agent=Edge-{n%9} asn=64777 client=app-{n%7}'
