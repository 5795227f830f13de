# A stranger fails every hour and a half, all the time.
python3 "$SUPPORT/signins.py" \
    'count=800 start=2024-01-01T00:00:00Z step=2200 user=user{n%50}@fabrikam.example ip=198.51.100.{n%50} agent=Edge-{n%9} asn=6460{n%10} client=app-{n%7} code=0' \
    'count=400 start=2024-01-01T00:30:00Z step=5400 user=user{n%50}@fabrikam.example ip=203.{n%200}.{n%7}.7 agent=agent-{n} asn=7{n} client=client-{n}'
