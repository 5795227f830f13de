# Nine accounts from one address are not ten, and ten within eleven minutes are not ten in ten.
python3 "$SUPPORT/signins.py" \
    'count=9' \
    'count=10 start=2024-02-01T12:00:00Z step=72'
