# Two days later the sprayer's program signs in from elsewhere, and nothing stops it.
python3 "$SUPPORT/signins.py" \
    'count=12' \
    'start=2024-02-03T09:05:00Z user=user4@fabrikam.example code=0 ip=203.0.113.99 asn=64666'
