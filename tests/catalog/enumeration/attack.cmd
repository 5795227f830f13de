# Twelve names that do not exist among eight that do, from one address.
python3 "$SUPPORT/signins.py" \
    'count=12 step=25 user=guess{n}@fabrikam.example code=50034' \
    'count=8 step=40 start=2024-02-01T09:00:10Z'
