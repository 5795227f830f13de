# Twenty-six accounts are locked within an hour.
python3 "$SUPPORT/signins.py" \
    'count=26 step=130 code=50053 ip=203.{n}.113.7 agent=agent-{n} client=client-{n} asn=70{n}'
