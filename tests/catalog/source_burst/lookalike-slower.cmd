# Five at once are not six, and six in eleven seconds are not six in ten.
python3 "$SUPPORT/signins.py" \
    'count=5 step=0.5' \
    'count=6 step=2.2 start=2024-02-01T12:00:00Z' \
    'count=150 start=2024-02-01T08:00:00Z step=110 user=other{n%5}@fabrikam.example code=0'
