# Four addresses of one network take turns, half a minute apart, over two days: with ten minutes between
# two attempts from the same address, nothing that counts minutes sees any of them.
python3 "$SUPPORT/signins.py" \
    'count=80 step=150 ip=203.0.113.{n%4} agent=Edge-120' \
    'count=80 step=1000 user=user{n}@fabrikam.example ip=198.51.100.{n} agent=Edge-120 code=0 asn=6460{n%9}'
