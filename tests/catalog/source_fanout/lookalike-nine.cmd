# Nine accounts from one address are not ten, and ten within eleven minutes are not ten in ten: not for
# this detector. Others sign in from there, so it is no slow spray either.
python3 "$SUPPORT/signins.py" \
    'count=9' \
    'count=10 start=2024-02-01T12:00:00Z step=72' \
    'count=150 start=2024-02-01T08:00:00Z step=110 user=other{n%5}@fabrikam.example code=0'
