# Few addresses for many accounts, slowly: a gateway whose people mistype.
python3 "$SUPPORT/signins.py" \
    'count=40 step=300 ip=192.0.{n%4}.7 asn=6450{n%4} agent=Edge'
