# The same three weeks, and an hour in which eighteen people mistype.
python3 "$SUPPORT/signins.py" \
    'count=1500 start=2024-01-10T00:00:00Z step=1200 user=user{n%70}@fabrikam.example ip=198.51.100.{n%70} agent=Edge-{n%9} asn=6460{n%10} client=app-{n%7} code=0' \
    'count=330 start=2024-01-10T00:10:00Z step=5400 user=user{n%70}@fabrikam.example ip=198.51.100.{n%70} agent=Edge-{n%9} asn=6460{n%10} client=app-{n%7}' \
    'count=18 start=2024-01-29T13:00:00Z step=180 user=user{n}@fabrikam.example ip=198.51.100.{n} agent=Edge-{n%9} asn=6460{n%10} client=app-{n%7}'
