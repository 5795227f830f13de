# A dozen accounts are locked within four minutes, wherever their people are.
python3 "$SUPPORT/signins.py" \
    'count=12 step=20 code=50053 ip=203.{n}.113.7 agent=agent-{n} client=client-{n} asn=70{n}'
