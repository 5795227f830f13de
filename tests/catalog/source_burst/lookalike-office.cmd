# Nine of 100 people at one address mistype in the same seconds; ten would be too many.
python3 "$SUPPORT/signins.py" \
    'count=400 start=2024-02-01T07:00:00Z step=15 user=user{n%100}@fabrikam.example agent=Mozilla/5.0 code=0' \
    'count=9 start=2024-02-01T09:00:00Z step=1 user=user{n}@fabrikam.example agent=Mozilla/5.0'
