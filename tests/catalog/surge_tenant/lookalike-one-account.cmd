# The same three weeks, and a device that tries one account a thousand times.
python3 "$SUPPORT/signins.py" \
    'count=1500 start=2024-01-10T00:00:00Z step=1200 user=user{n%70}@fabrikam.example ip=198.51.100.{n%70} agent=Edge-{n%9} asn=6460{n%10} client=app-{n%7} code=0' \
    'count=330 start=2024-01-10T00:10:00Z step=5400 user=user{n%70}@fabrikam.example ip=198.51.100.{n%70} agent=Edge-{n%9} asn=6460{n%10} client=app-{n%7}' \
    'count=1000 start=2024-01-29T13:00:00Z step=3 user=user7@fabrikam.example ip=198.51.100.7 agent=Edge-7 asn=64607 client=app-0'
