# The customers of a large access provider: some mistype, most get in.
python3 "$SUPPORT/signins.py" \
    'count=120 step=7 ip=198.51.{n}.7 code=0 agent=agent-{n%20} client=client-{n%5}' \
    'count=20 start=2024-02-01T09:00:05Z step=40 user=other{n}@fabrikam.example ip=203.0.{n}.7 agent=agent-{n%20} client=client-{n%5}'
