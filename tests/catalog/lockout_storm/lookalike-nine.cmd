# Nine locked accounts are not ten, and ten in six minutes are not ten in five.
python3 "$SUPPORT/signins.py" \
    'count=9 step=20 code=50053 ip=203.{n}.113.7 agent=agent-{n} client=client-{n} asn=70{n}' \
    'count=10 step=40 start=2024-02-01T12:00:00Z user=user{n}@fabrikam.example code=50053 ip=198.{n}.113.7 agent=agent-{n} client=client-{n} asn=71{n}'
