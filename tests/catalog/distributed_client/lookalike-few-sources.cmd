# Few addresses for many accounts, slowly: a gateway whose people mistype, and some of whom sign in.
python3 "$SUPPORT/signins.py" \
    'count=8 step=60 start=2024-02-01T08:00:00Z user=other{n}@fabrikam.example ip=192.0.{n%4}.7 asn=6450{n%4} agent=Edge code=0' \
    'count=40 step=300 ip=192.0.{n%4}.7 asn=6450{n%4} agent=Edge'
