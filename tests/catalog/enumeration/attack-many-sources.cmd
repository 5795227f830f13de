# Names are tried within an hour from a new address each, with one program.
python3 "$SUPPORT/signins.py" \
    'count=14 step=200 user=guess{n}@fabrikam.example code=50034 ip=203.0.{n}.7 asn=6450{n%9}'
