# Two days after a spray from many places its program signs in from elsewhere, and nothing stops it.
python3 "$SUPPORT/signins.py" \
    'count=20 step=30 ip=192.0.{n}.7' \
    'start=2024-02-03T09:05:00Z user=user4@fabrikam.example code=0 ip=203.0.113.99 asn=64666'
