# A spray; a month later three accounts fail from its address within a day.
python3 "$SUPPORT/signins.py" \
    'count=12 step=20' \
    'count=3 start=2024-03-01T09:00:00Z step=9000 user=other{n}@fabrikam.example agent=Edge-120 client=office'
