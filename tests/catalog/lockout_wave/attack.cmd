# Twenty-six accounts are locked within half an hour, no ten of them within five minutes.
python3 "$SUPPORT/signins.py" \
    'count=26 step=65 code=50053 ip=203.{n}.113.7 agent=agent-{n} client=client-{n} asn=70{n}'
