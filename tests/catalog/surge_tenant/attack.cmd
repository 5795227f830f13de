# Three weeks with a mistyped password every hour and a half; then an hour in which sixty accounts
# are tried, each from an address, an operator, a program and an application of its own.
python3 "$SUPPORT/signins.py" \
    'count=1500 start=2024-01-10T00:00:00Z step=1200 user=user{n%70}@fabrikam.example ip=198.51.100.{n%70} agent=Edge-{n%9} asn=6460{n%10} client=app-{n%7} code=0' \
    'count=330 start=2024-01-10T00:10:00Z step=5400 user=user{n%70}@fabrikam.example ip=198.51.100.{n%70} agent=Edge-{n%9} asn=6460{n%10} client=app-{n%7}' \
    'count=60 start=2024-01-29T13:00:00Z step=50 user=user{n}@fabrikam.example ip=203.{n}.113.7 agent=agent-{n} asn=70{n} client=client-{n}'
