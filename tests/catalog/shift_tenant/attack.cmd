# Three weeks in which a stranger fails every day; then one every hour, each from an address, an
# operator, a program and an application of its own.
python3 "$SUPPORT/signins.py" \
    'count=800 start=2024-01-01T00:00:00Z step=2200 user=user{n%50}@fabrikam.example ip=198.51.100.{n%50} agent=Edge-{n%9} asn=6460{n%10} client=app-{n%7} code=0' \
    'count=20 start=2024-01-02T11:00:00Z step=86400 user=user{n}@fabrikam.example ip=203.{n}.114.7 agent=other-{n} asn=80{n} client=other-{n}' \
    'count=40 start=2024-01-22T13:00:00Z step=3600 user=user{n}@fabrikam.example ip=203.{n}.113.7 agent=agent-{n} asn=70{n} client=client-{n}'
