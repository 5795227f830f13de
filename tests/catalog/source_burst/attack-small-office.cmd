# From the address of an office in which 25 people sign in: five times as few as for a whole ten minutes.
python3 "$SUPPORT/signins.py" \
    'count=100 start=2024-02-01T07:00:00Z step=60 user=other{n%25}@fabrikam.example agent=Mozilla/5.0 code=0' \
    'count=7 step=1'
