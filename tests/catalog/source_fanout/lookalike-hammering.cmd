# One account is tried all day, and a few others often: that is guessing, not spraying.
python3 "$SUPPORT/signins.py" \
    'count=500 step=5 user=one@fabrikam.example' \
    'count=300 step=8 user=user{n%7}@fabrikam.example ip=198.51.100.8 asn=64501'
