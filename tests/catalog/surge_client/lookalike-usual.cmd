# An application in which many mistype every day at the same hour.
python3 "$SUPPORT/signins.py" \
    'count=1500 start=2024-01-10T00:00:00Z step=1200 user=user{n%70}@fabrikam.example ip=198.51.100.{n%70} agent=Edge-{n%9} asn=6460{n%10} client=app-{n%7} code=0' \
    'count=330 start=2024-01-10T00:10:00Z step=5400 user=user{n%70}@fabrikam.example ip=198.51.100.{n%70} agent=Edge-{n%9} asn=6460{n%10} client=app-{n%7}' \
    'count=24 start=2024-01-11T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-12T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-13T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-14T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-15T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-16T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-17T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-18T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-19T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-20T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-21T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-22T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-23T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-24T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-25T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-26T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-27T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-28T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal' \
    'count=24 start=2024-01-29T13:00:00Z step=140 user=user{n}@fabrikam.example ip=198.51.100.{n%3} agent=Edge-{n%3} asn=6460{n%3} client=portal'
