# An office of 60 people behind one address, and among them a machine that sprays: the threshold
# has risen with the people, to three times the root of 60, and is reached all the same.
python3 "$SUPPORT/signins.py" \
    'count=60 start=2024-01-28T08:00:00Z step=60 code=0 ip=198.51.100.4 agent=Edge' \
    'count=60 start=2024-01-29T08:00:00Z step=60 code=0 ip=198.51.100.4 agent=Edge' \
    'count=40 start=2024-02-01T12:00:00Z step=10 user=user{n}@fabrikam.example ip=198.51.100.4'
